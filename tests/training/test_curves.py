from mbegu.rows import lineage
from mbegu.training import curves


def test_overfitting_is_reported_only_when_validation_rises_while_training_falls():
    training = [(1, 3.0), (2, 2.8), (3, 2.0), (4, 1.8)]
    sentence = curves.overfitting(training, [(0, 3.1), (2, 2.5), (4, 2.6)])
    assert "validation loss rose from 2.500 to 2.600 while training loss fell from 2.900 to 1.900" in sentence
    assert curves.overfitting(training, [(0, 3.1), (2, 2.5), (4, 2.4)]) is None
    assert curves.overfitting([(1, 2.0), (2, 2.0), (3, 3.0), (4, 3.0)], [(0, 3.1), (2, 2.5), (4, 2.6)]) is None
    assert curves.overfitting(training, []) is None


def test_curves_take_training_and_validation_apart():
    log = [{"step": 0, "eval_loss": 3.0}, {"step": 1, "loss": 2.0}, {"step": 1, "train_runtime": 9}]
    assert curves.losses(log) == ([(1, 2.0)], [(0, 3.0)])


def test_a_row_belongs_to_the_human_rows_behind_it():
    assert lineage.roots({"id": "a", "origin": {"parents": []}}) == ["a"]
    assert lineage.roots({"id": "c", "origin": {"parents": ["a", "b"]}}) == ["a", "b"]


def test_a_row_is_on_the_side_of_all_its_roots_or_on_none():
    names = [f"{n:x}" for n in range(400)]
    held = [name for name in names if lineage.in_validation(name, 0.3)]
    free = [name for name in names if name not in held]
    assert lineage.side(held[:3], 0.3) == "validation"
    assert lineage.side(free[:3], 0.3) == "training"
    assert lineage.side([held[0], free[0]], 0.3) == "neither"


def test_about_a_tenth_is_validation_and_a_row_never_changes_sides():
    names = [f"{n:x}" for n in range(4000)]
    held = [name for name in names if lineage.in_validation(name, 0.1)]
    assert 320 < len(held) < 480
    assert all(lineage.in_validation(name, 0.2) for name in held)
    assert not any(lineage.in_validation(name, 0) for name in names)
