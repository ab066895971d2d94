"""A build started from a page: what it would run, how far it is, and a stop that loses nothing."""

import re
import time
from pathlib import Path

import pytest
from repository import start as start_repository

from mbegu.builds import repro
from mbegu.errors import BadInput

PIPELINE = """
stages:
  first:
    cmd: cat seeds.txt > first.txt
    deps: [seeds.txt]
    outs: [first.txt]
  slow:
    cmd: exec python slow.py
    deps: [first.txt]
    outs: [slow.txt]
  last:
    cmd: cat slow.txt > last.txt
    deps: [slow.txt]
    outs: [last.txt]
"""
# counts on from where it was stopped
SLOW = """
import pathlib, sys, time
work = pathlib.Path("work.txt")
for number in range(int(work.read_text()) if work.exists() else 0, 200):
    work.write_text(str(number))
    print(f"\\rstep {number}", end="", file=sys.stderr)
    time.sleep(0 if pathlib.Path("fast").exists() else 0.4)
pathlib.Path("slow.txt").write_text("slow")
"""


def wait(running: repro.Running, until) -> repro.Progress:
    for _ in range(6000):
        found = repro.progress(running)
        if until(found):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def test_a_build_is_forecast_run_stopped_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start_repository()
    Path("dvc.yaml").write_text(PIPELINE)
    Path("slow.py").write_text(SLOW)
    Path("seeds.txt").write_text("ሰላም")
    assert repro.plan(tmp_path) == repro.Plan(["first", "slow", "last"], [])
    running = repro.start(tmp_path)
    found = wait(running, lambda found: re.search(r"step (?!0|1\b)", found.said))
    assert (found.stage, found.stages, found.status) == ("slow", 2, None)
    assert found.said.count("step") == 1 and not Path("slow.txt").exists()
    repro.stop(running)
    assert wait(running, lambda found: found.status is not None).status != 0
    kept = int(Path("work.txt").read_text())
    assert kept >= 2 and Path("first.txt").read_text() == "ሰላም"
    time.sleep(1)
    assert int(Path("work.txt").read_text()) == kept  # nothing goes on without its parent
    Path("fast").touch()
    running = repro.start(tmp_path)
    assert wait(running, lambda found: found.status is not None).status == 0, repro.progress(running).said
    assert Path("last.txt").read_text() == "slow"
    assert repro.plan(tmp_path) == repro.Plan([], [])
    Path("seeds.txt").write_text("Habari")
    assert repro.plan(tmp_path) == repro.Plan(["first"], ["slow", "last"])
    repro.stop(running)  # which has ended: nothing happens


def test_where_no_project_is_one_sentence_says_so(tmp_path):
    with pytest.raises(BadInput, match=r"run this in the folder of a dvc\.yaml"):
        repro.plan(tmp_path)
