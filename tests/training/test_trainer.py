import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from datasets import Dataset

from mbegu.errors import BadInput
from mbegu.training import checkpoints, packing, trainer
from mbegu.training.loss import completion_loss
from mbegu.training.settings import Lora, Schedule

LORA = Lora(r=4, alpha=8, dropout=0.05, targets=["q_proj", "v_proj"])
SCHEDULE = Schedule(3, 2, 1, 1e-2, "linear", 0, 0.0, 1.0, False, 0.1, 100, 0, True, False, 0)
ROWS = [{"id": str(n), "roots": [str(n)], "input_ids": [(7 * n + i) % 90 + 5 for i in range(8 + n)], "completion_start": 4}
        for n in range(6)]  # fmt: skip


def packed(model) -> dict:
    return {name: value.to(model.device) if torch.is_tensor(value) else value for name, value in packing.pack(ROWS[:3]).items()}


def gradients(model) -> dict[str, torch.Tensor]:
    model.zero_grad()
    batch = packed(model)
    labels = batch.pop("labels")
    completion_loss(model(**batch), labels).backward()
    return {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}


def test_an_evaluation_leaves_the_gradients_of_a_4_bit_model_as_they_were(tiny_base):
    """bitsandbytes repacks NF4 weights for CPU inference, and a product with repacked weights has no gradient."""
    model = trainer.build(tiny_base, "qlora", LORA._replace(dropout=0.0), seed=0)
    before = gradients(model.train())
    model.eval()
    with torch.no_grad():
        batch = packed(model)
        batch.pop("labels")
        model(**batch)
    after = gradients(model.train())
    assert before.keys() == after.keys() and len(before) == 8
    for name, value in before.items():
        torch.testing.assert_close(after[name], value)


@pytest.mark.parametrize("method", ["qlora", "lora", "full"])
def test_training_learns_the_rows_and_saves_what_loads_again(tiny_base, tmp_path, method):
    model = trainer.build(tiny_base, method, LORA, seed=0)
    rows = Dataset.from_list(ROWS)
    state = trainer.train(model, rows, rows.select([0]), SCHEDULE._replace(epochs=8), tmp_path / "run")
    losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
    assert losses[-1] < losses[0] - 0.1
    out = tmp_path / "adapter"
    out.mkdir()
    checkpoints.save(model, {"template": "{{ instruction }}{{ input }}", "chat": True, "base": "x"}, out)
    names = {path.name for path in out.iterdir()}
    assert {"prompt.json", "SHA256SUMS"} < names
    assert ("adapter_model.safetensors" in names) == (method != "full")
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]


def test_gradient_accumulation_changes_memory_and_not_the_result(tiny_base, tmp_path):
    rows = Dataset.from_list(ROWS[:4])
    weights = []
    for batch_size, steps in ((4, 1), (2, 2)):
        model = trainer.build(tiny_base, "full", LORA, seed=0)
        schedule = SCHEDULE._replace(epochs=1, batch_size=batch_size, gradient_accumulation_steps=steps)
        trainer.train(model, rows, rows.select([]), schedule, tmp_path / str(batch_size))
        weights.append(model.model.layers[0].mlp.up_proj.weight.detach().clone())
    apart = ~torch.isclose(weights[0], weights[1], atol=1e-5, rtol=1e-3)
    # a GPU multiplies in bf16, so that a gradient near 0 may turn round, and the optimizer's first step with it
    assert apart.float().mean() <= (0.01 if torch.cuda.is_available() else 0)


def test_an_unknown_layer_is_named_with_those_there_are(tiny_base):
    with pytest.raises(BadInput, match=r"no layer c_attn; it has .*q_proj"):
        trainer.build(tiny_base, "qlora", LORA._replace(targets=["c_attn"]), seed=0)


def test_a_lineage_group_is_never_on_both_sides_and_some_row_must_be_left():
    rows = Dataset.from_list([{**row, "roots": [str(int(row["id"]) // 2)]} for row in ROWS])
    train_rows, validation = trainer.split(rows, 0.7)
    sides = [{root for roots in part["roots"] for root in roots} for part in (train_rows, validation)]
    assert not sides[0] & sides[1]
    assert len(train_rows) + len(validation) == len(rows)
    both = rows.add_item({**ROWS[0], "roots": [min(sides[0]), min(sides[1])]})
    assert [len(part) for part in trainer.split(both, 0.7)] == [len(train_rows), len(validation)]
    with pytest.raises(BadInput, match="leaves none of"):
        trainer.split(rows.select([]), 0.5)


def run_to_the_end(base: Path, run: Path, out: Path) -> None:
    """48 steps with a checkpoint after each three."""
    rows = Dataset.from_list(ROWS)
    model = trainer.build(base, "qlora", LORA, seed=0)
    trainer.train(model, rows, rows.select([0, 1]), SCHEDULE._replace(epochs=16, save_steps=3), run)
    out.mkdir()
    checkpoints.save(model, {"template": "", "chat": True, "base": ""}, out)


RUN = """
import sys; sys.path[:0] = [{tests!r}]
from pathlib import Path
from test_trainer import run_to_the_end
run_to_the_end(Path({base!r}), Path({run!r}), Path({out!r}))
"""


def test_a_killed_run_resumes_and_ends_with_the_bytes_of_an_uninterrupted_one(tiny_base, tmp_path):
    never = str(tmp_path / "never")
    script = RUN.format(tests=str(Path(__file__).parent), base=str(tiny_base), run=str(tmp_path / "run2"), out=never)
    with open(tmp_path / "killed.log", "w") as log:  # a pipe that nobody reads fills up with the bar of a slow run
        killed = subprocess.Popen([sys.executable, "-c", script], stderr=log)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "run2").glob("checkpoint-*/trainer_state.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert list((tmp_path / "run2").glob("checkpoint-*")), (tmp_path / "killed.log").read_text()
    # a checkpoint that was cut off in mid-write must be passed over
    (tmp_path / "run2/checkpoint-9999").mkdir()
    (tmp_path / "run2/checkpoint-9999/trainer_state.json").write_text('{"global_st')
    assert not (tmp_path / "never").exists(), "the run ended before it was killed"
    for name, run in (("whole", "run1"), ("resumed", "run2")):
        run_to_the_end(tiny_base, tmp_path / run, tmp_path / name)
    assert (tmp_path / "whole/SHA256SUMS").read_text() == (tmp_path / "resumed/SHA256SUMS").read_text()
    assert json.loads((tmp_path / "whole/adapter_config.json").read_text())["target_modules"] == ["q_proj", "v_proj"]
