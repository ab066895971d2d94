"""Several processes on this CPU: the losses of one, the same bytes again, and one line where a process is killed."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import psutil
import pytest
import torch
from click.testing import CliRunner
from root import ROOT
from test_trainer import SCHEDULE

from mbegu.asking.prompts import read_prompt
from mbegu.errors import BadInput
from mbegu.models.manifest import verify
from mbegu.training import launching, session
from mbegu.training.encoded import write_encoded
from mbegu.training.settings import Job, Lora, Training

pytestmark = pytest.mark.skipif(torch.cuda.device_count() == 1, reason="one GPU, and a process needs one each")

LORA = Lora(r=4, alpha=8, dropout=0.3, targets=["q_proj", "v_proj"])
# of 13 rows some are held back; what is left does not fill the last batch, nor the last optimizer step
ROWS = [{"id": str(n), "roots": [str(n)], "input_ids": [(7 * n + i) % 90 + 5 for i in range(8 + n)], "completion_start": 4}
        for n in range(13)]  # fmt: skip


@pytest.fixture
def encoded(tiny_base, tmp_path):
    path = tmp_path / "v1.arrow"
    write_encoded(path, ROWS, read_prompt(ROOT / "templates/chat.jinja", True), verify(tiny_base))
    return path


def losses(ended: session.Ended) -> list[tuple[int, str, float]]:
    return [(entry["step"], name, entry[name]) for entry in ended.history for name in ("loss", "eval_loss") if name in entry]


@pytest.mark.parametrize("batch", [{"batch_size": 4}, {"batch_size": 2, "gradient_accumulation_steps": 3, "early_stopping": 9}])
def test_two_processes_have_the_losses_of_one_and_write_what_it_writes(tiny_base, encoded, tmp_path, batch):
    """Dropout at 0.3, rows in random order, validation after each pass."""
    schedule = SCHEDULE._replace(epochs=2, validation=0.2, **batch)
    found = []
    for number in (1, 2):
        job = Job(encoded, tiny_base, None, Training("qlora", LORA, str(number)), schedule)
        run = tmp_path / f"run{number}"
        run.mkdir()
        ended = session.train(job, run) if number == 1 else launching.train(job, run, number)
        ended.save(tmp_path / f"out{number}")
        found.append(ended)
    one, two = map(losses, found)
    assert [entry[:2] for entry in one] == [entry[:2] for entry in two] and found[0].steps == found[1].steps
    assert [entry[2] for entry in one] == pytest.approx([entry[2] for entry in two], rel=1e-3)
    assert len({round(loss, 3) for _, name, loss in one if name == "loss"}) > 1
    assert found[0].said == found[1].said
    files = [sorted(path.name for path in (tmp_path / f"out{number}").iterdir()) for number in (1, 2)]
    assert files[0] == files[1]
    configs = [(tmp_path / f"out{number}/adapter_config.json").read_text() for number in (1, 2)]
    assert configs[0] == configs[1]


def test_what_a_process_refuses_is_one_line(tiny_base, encoded, tmp_path):
    job = Job(encoded, tiny_base, None, Training("lora", LORA._replace(targets=["c_attn"]), "2"), SCHEDULE)
    with pytest.raises(BadInput, match=r"^train\.lora\.targets: this base has no layer c_attn; it has .*q_proj"):
        launching.train(job, tmp_path, 2)


def options(base: Path, encoded: Path, name: str, work: str) -> list[str]:
    """Of the stage, by two processes; some 24 steps, so that there is time to kill them."""
    folder = encoded.parent
    schedule = {"epochs": 8, "batch_size": 4, "gradient_accumulation_steps": 1, "learning_rate": 0.01, "lr_scheduler": "linear",
                "warmup_steps": 0, "weight_decay": 0, "max_grad_norm": 1, "validation": 0.2, "save_steps": 4, "early_stopping": 0,
                "seed": 0, "lora.r": 4, "lora.alpha": 8, "lora.dropout": 0.3, "lora.targets": "q_proj", "processes": 2,
                "method": "lora"}  # fmt: skip
    paths = {"encoded": encoded, "base": base, "start": base, "out": folder / name, "curves": folder / f"{name}-curves",
             "warnings": folder / f"{name}.json", "work": folder / work}  # fmt: skip
    given = [part for key, value in (schedule | paths).items() for part in (f"--{key}", str(value))]
    return [*given, "--no-gradient_checkpointing", "--deterministic", "--no-liger"]


@pytest.fixture
def train(tiny_base, encoded, capfd):
    """Runs the stage from here, which spares a start: train(name, work) -> its status, and what it and its processes said."""
    spec = importlib.util.spec_from_file_location("train_script", ROOT / "stages/train.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    def run(name: str, work: str) -> tuple[int, str]:
        capfd.readouterr()
        done = CliRunner().invoke(script.main, options(tiny_base, encoded, name, work))
        return done.exit_code, done.output + "".join(capfd.readouterr())

    return run


def workers(parent: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(parent).children() if "spawn_main" in " ".join(child.cmdline())]


def kill_after_a_checkpoint(folder: Path, others: list[psutil.Process]) -> None:
    """Kills the second of the processes that this one starts, by SIGKILL, once there is a checkpoint."""
    deadline = time.monotonic() + 300
    while not list(folder.glob("*/checkpoint-*/SHA256SUMS")) and time.monotonic() < deadline:
        time.sleep(0.05)
    started = [process for process in workers(os.getpid()) if process not in others]
    os.kill(started[1].pid, signal.SIGKILL)


def test_a_killed_process_ends_the_stage_with_one_line_and_the_next_run_ends_with_the_same_bytes(
    train, tiny_base, encoded, tmp_path
):
    status, said = train("whole", "work1")
    assert status == 0 and " by 2 processes, last loss " in said, said

    killer = Thread(target=kill_after_a_checkpoint, args=(tmp_path / "work2", workers(os.getpid())), daemon=True)
    killer.start()
    status, said = train("killed", "work2")
    killer.join()
    assert status == 1
    assert "Error: train.processes: process 2 of 2 was killed (SIGKILL)" in said and "Traceback" not in said
    assert said.count("Error") == 1 and "it goes on from the last checkpoint" in said and not (tmp_path / "killed").exists()

    command = [sys.executable, ROOT / "stages/train.py", *options(tiny_base, encoded, "orphaned", "work2")]
    orphaned = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT)})
    while not (found := workers(orphaned.pid)):  # a dead stage's processes must not write beside the next one's
        assert orphaned.poll() is None
        time.sleep(0.05)
    orphaned.kill()
    orphaned.wait()
    assert not psutil.wait_procs(found, timeout=60)[1]

    status, said = train("resumed", "work2")
    assert status == 0, said
    assert (tmp_path / "whole/SHA256SUMS").read_text() == (tmp_path / "resumed/SHA256SUMS").read_text()
    for name in ("training.csv", "validation.csv"):
        assert (tmp_path / "whole-curves" / name).read_bytes() == (tmp_path / "resumed-curves" / name).read_bytes()
    assert json.loads((tmp_path / "whole.json").read_text()) == json.loads((tmp_path / "resumed.json").read_text())
