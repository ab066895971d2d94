import pytest
import torch

from mbegu.training import trainer
from mbegu.training.outlook import outlook, unchanged
from mbegu.training.settings import Lora, Schedule

SCHEDULE = Schedule(3, 4, 2, 5e-4, "linear", 3, 0.0, 1.0, False, 0.1, 5, 0, True, False, 0)
LORA = Lora(r=4, alpha=8, dropout=0.05, targets=["q_proj", "v_proj"])


def test_a_run_of_a_usual_size_is_passed_over():
    assert outlook(92, 9, SCHEDULE) == []
    assert outlook(92, 0, SCHEDULE._replace(validation=0.0)) == []
    assert outlook(30, 2, SCHEDULE._replace(warmup_steps=0)) == []


@pytest.mark.parametrize(
    ("rows", "change", "message"),
    [
        (1, {}, "only 1 row to train on (2 held back): fewer than 8"),
        (7, {}, "only 7 rows to train on"),
        (16, {}, "train.warmup_steps: 3 of 6 optimizer steps are warm-up (16 rows in batches of 4 x 2, epochs: 3)"),
        (40, {"warmup_steps": 99}, "15 of 15 optimizer steps are warm-up (40 rows in batches of 4 x 2, epochs: 3); set it to 1,"),
        (1, {"epochs": 1}, "the learning rate is 0 in the only optimizer step (1 row in"),
    ],
)
def test_what_will_teach_little_is_said_with_its_numbers(rows, change, message):
    assert message in "\n".join(outlook(rows, 2, SCHEDULE._replace(**change)))


def test_validation_that_holds_nothing_back_is_said():
    (said,) = outlook(92, 0, SCHEDULE)
    assert said.startswith("train.validation: a share of 0.1 holds back none of 92 rows")


def test_a_constant_rate_has_no_warm_up():
    assert outlook(16, 2, SCHEDULE._replace(lr_scheduler="constant")) == []


@pytest.mark.parametrize(("rows", "epochs"), [(1, 1), (9, 3), (92, 3), (10, 0.5), (7, 2.5)])
def test_steps_are_those_of_the_trainer(tiny_base, tmp_path, rows, epochs):
    from datasets import Dataset

    schedule = SCHEDULE._replace(epochs=epochs, warmup_steps=0)
    row = {"id": "0", "roots": ["0"], "input_ids": [5, 6, 7], "completion_start": 1}
    model = trainer.build(tiny_base, "lora", LORA, seed=0)
    data = Dataset.from_list([row] * rows)
    assert trainer.train(model, data, data.select([]), schedule, tmp_path / "run").global_step == schedule.steps(rows)


def test_an_adapter_that_learned_nothing_is_told_from_one_that_did(tiny_base, tmp_path):
    from datasets import Dataset

    model = trainer.build(tiny_base, "qlora", LORA, seed=0)
    data = Dataset.from_list([{"id": "0", "roots": ["0"], "input_ids": [5, 6, 7], "completion_start": 1}])
    trainer.train(model, data, data.select([]), SCHEDULE._replace(epochs=1), tmp_path / "run")  # its only step has a rate of 0
    assert "its B matrices are all 0" in unchanged(model)
    trainer.train(model, data, data.select([]), SCHEDULE._replace(epochs=3, warmup_steps=0), tmp_path / "other")
    assert unchanged(model) is None
    assert unchanged(torch.nn.Linear(2, 2)) is None  # all weights are trained, none is LoRA's
