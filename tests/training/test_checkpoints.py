"""A run goes on from a checkpoint only if every byte of it is as it was written."""

import os
import shutil
from pathlib import Path

import pytest

from mbegu.training.checkpoints import last_whole, seal


def turn(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture
def run(tmp_path):
    """Three sealed checkpoints, the first of which is gone, and the best weights of two evaluations."""
    for step in (5, 10, 15):
        checkpoint = tmp_path / f"checkpoint-{step}"
        checkpoint.mkdir()
        for name in ("adapter_model.safetensors", "optimizer.pt", "trainer_state.json"):
            (checkpoint / name).write_bytes(f"{name} {step} ሰላም 😀".encode())
        if step < 15:
            (tmp_path / f"best-{step}.safetensors").write_bytes(f"best of {step}".encode())
        os.utime(checkpoint, (1000 - step,) * 2)  # a clock that was set back: the newest looks oldest
        seal(tmp_path, step)
    return tmp_path


def test_the_two_newest_are_kept_whatever_the_clock_says(run):
    assert sorted(path.name for path in run.glob("checkpoint-*")) == ["checkpoint-10", "checkpoint-15"]
    assert last_whole(run) == str(run / "checkpoint-15")


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "optimizer.pt", "trainer_state.json", "SHA256SUMS"])
def test_one_with_a_turned_byte_is_passed_over(run, name):
    turn(run / "checkpoint-15" / name)
    assert last_whole(run) == str(run / "checkpoint-10")
    assert not (run / "checkpoint-15").exists()


def test_one_that_was_cut_off_is_passed_over(run):
    (run / "checkpoint-15/SHA256SUMS").unlink()  # which is written last
    assert last_whole(run) == str(run / "checkpoint-10")


def test_without_the_best_weights_so_far_a_run_begins_anew(run):
    turn(run / "best-10.safetensors")
    assert last_whole(run) is None
    assert not list(run.glob("checkpoint-*"))


def test_best_weights_beyond_a_checkpoint_are_none_of_it(run):
    shutil.copy(run / "best-10.safetensors", run / "best-20.safetensors")
    seal(run, 15)
    turn(run / "best-20.safetensors")
    assert last_whole(run) == str(run / "checkpoint-15")
