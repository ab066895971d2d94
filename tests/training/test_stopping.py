"""Early stopping: when it stops, which weights it leaves, and that a kill at any time changes neither."""

import shutil

import pytest
import torch
from datasets import Dataset
from test_trainer import LORA, ROWS, SCHEDULE

from mbegu.errors import BadInput
from mbegu.training import stopping, trainer
from mbegu.training.curves import best, last, losses, overfitting
from mbegu.training.settings import Schedule

WILD = SCHEDULE._replace(epochs=12, learning_rate=0.1, lr_scheduler="constant", save_steps=1, early_stopping=2)


def run(base, schedule: Schedule, folder):
    """The losses, and the weights that are left."""
    model = trainer.build(base, "lora", LORA, seed=0)
    rows = Dataset.from_list(ROWS)
    state = trainer.train(model, rows.select(range(4)), rows.select([3, 4]), schedule, folder)
    return losses(state.log_history), {name: value.clone() for name, value in model.named_parameters() if value.requires_grad}


def test_it_stops_keeps_the_best_and_ends_alike_wherever_it_was_killed(tiny_base, tmp_path):
    (training, validation), weights = run(tiny_base, WILD, tmp_path / "whole")
    step, _ = best(validation)
    later = [point for point in validation if point[0] > step]
    assert len(later) == 2 and training[-1][0] == validation[-1][0] < WILD.steps(4)
    shorter = WILD._replace(epochs=step / 2, early_stopping=0)  # two steps an epoch: the run that ends at the best
    assert step, "an epoch must be worth something"
    _, expected = run(tiny_base, shorter, tmp_path / "shorter")
    assert all(torch.equal(weights[name], expected[name]) for name in weights)
    checkpoints = sorted(path.name for path in (tmp_path / "whole").glob("checkpoint-*"))
    for left in (checkpoints, checkpoints[:1]):  # killed after its last step, and before the evaluation that ended it
        shutil.copytree(tmp_path / "whole", tmp_path / "killed", dirs_exist_ok=True)
        for name in set(checkpoints) - set(left):
            shutil.rmtree(tmp_path / "killed" / name)
        curves, resumed = run(tiny_base, WILD, tmp_path / "killed")
        assert curves == (training, validation)
        assert all(torch.equal(weights[name], resumed[name]) for name in weights)
        shutil.rmtree(tmp_path / "killed")


def test_a_byte_turned_in_what_a_killed_run_left_changes_no_weight(tiny_base, tmp_path):
    curves, weights = run(tiny_base, WILD, tmp_path / "whole")
    newest = max((tmp_path / "whole").glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    kept = (tmp_path / "whole").glob("best-*.safetensors")
    for damaged in (newest / "adapter_model.safetensors", max(kept, key=lambda path: int(path.stem.split("-")[1]))):
        killed = tmp_path / damaged.stem
        shutil.copytree(tmp_path / "whole", killed)
        path = killed / damaged.relative_to(tmp_path / "whole")
        content = bytearray(path.read_bytes())
        content[-50] ^= 64
        path.write_bytes(content)
        resumed = run(tiny_base, WILD, killed)
        assert resumed[0] == curves
        assert all(torch.equal(weights[name], resumed[1][name]) for name in weights)


@pytest.mark.parametrize(
    ("found", "patience", "over"),
    [
        ([3.0], 1, False),
        ([3.0, 2.0, 2.5], 1, True),
        ([3.0, 2.0, 2.0], 1, True),  # as low is not lower
        ([3.0, 2.0, 2.5], 2, False),
        ([3.0, 2.0, 2.5, 1.9, 2.0], 2, False),
        ([3.0, 3.1, 3.2], 2, True),
    ],
)
def test_as_many_evaluations_without_a_lower_loss_end_it(found, patience, over):
    assert stopping.is_over(list(enumerate(found)), patience) is over


def test_without_validation_rows_there_is_nothing_to_stop_by():
    stopping.check(0, SCHEDULE, "train")
    stopping.check(1, WILD, "train")
    with pytest.raises(BadInput, match=r"pretrain.early_stopping: 2 needs a validation loss, and a pretrain.validation of 0.1"):
        stopping.check(0, WILD, "pretrain")


def test_what_is_said_at_the_end_names_what_was_kept():
    training, validation = [(1, 3.0), (2, 2.8), (3, 2.0), (4, 1.8)], [(0, 3.1), (2, 2.5), (4, 2.6)]
    assert last(training, validation, 0) == "last loss 1.800, validation loss 2.600"
    assert last(training, [], 0) == "last loss 1.800"
    assert last(training, validation, 1) == "last loss 1.800, kept step 2 with validation loss 2.500"
    assert overfitting(training, validation, 1).endswith("kept are the weights of step 2; more rows would allow more.")
