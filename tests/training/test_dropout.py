"""Dropout on a CPU: the right share, the right scale, the same masks from the same seed."""

import torch

from mbegu.training.dropout import Dropout, replace_dropout


def test_a_share_of_p_is_dropped_and_the_mean_stays():
    torch.manual_seed(0)
    x = torch.ones(1000, 1000)
    y = Dropout(0.05)(x)
    assert abs((y == 0).float().mean() - 0.05) < 0.001
    assert abs(y.mean() - 1) < 0.001
    assert y.unique().numel() == 2


def test_the_seed_decides_and_each_call_draws_again():
    x = torch.ones(64, 64)
    masks = []
    for _ in range(2):
        torch.manual_seed(1)
        masks.append((Dropout(0.5)(x), Dropout(0.5)(x)))
    assert torch.equal(masks[0][0], masks[1][0]) and torch.equal(masks[0][1], masks[1][1])
    assert not torch.equal(*masks[0])


def test_the_gradient_goes_where_the_mask_lets_it():
    x = torch.ones(50, 50, dtype=torch.bfloat16, requires_grad=True)
    y = Dropout(0.5)(x)
    y.sum().backward()
    assert y.dtype == torch.bfloat16
    assert torch.equal(x.grad, y.detach())


def test_evaluation_and_a_rate_of_zero_change_nothing():
    x = torch.randn(8)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_it_replaces_every_dropout_of_a_model():
    model = torch.nn.Sequential(torch.nn.Dropout(0.1), torch.nn.ModuleDict({"default": torch.nn.Dropout(0.2)}))
    replace_dropout(model)
    assert [module.p for module in model.modules() if isinstance(module, Dropout)] == [0.1, 0.2]
    assert not [module for module in model.modules() if type(module) is torch.nn.Dropout]


def test_a_part_of_a_batch_drops_what_the_whole_batch_would_there():
    x, layer, masks = torch.ones(1, 37, 15), Dropout(0.3), []
    for start, end in ((0, 37), (0, 11), (11, 12), (12, 37)):
        torch.manual_seed(3)
        layer.before = start
        masks.append(layer(x[:, start:end]))
    assert torch.equal(masks[0], torch.cat(masks[1:], 1))
