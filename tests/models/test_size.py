from mbegu.models.size import parameters


def test_the_size_of_a_model_is_that_of_its_weights(tiny_base):
    from mbegu.models.loading import load_base

    assert parameters(tiny_base) == sum(tensor.numel() for tensor in load_base(tiny_base, "none").parameters())
