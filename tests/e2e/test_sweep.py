"""The sweep on real DVC experiments, over stages that write the real file formats but train nothing."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from projects import ENVIRONMENT, commit, run

SCRIPT = """
import csv, json, sys, time
from pathlib import Path
from mbegu.outputs import die_with_dvc

die_with_dvc()
stage, *values = sys.argv[1:]
if stage == "load":
    lines = Path("data/rows.txt").read_text(encoding="utf-8").split("\\n")[:int(values[0])]
    Path("data/loaded.txt").write_text("\\n".join(lines), encoding="utf-8")
elif stage == "train":
    rate, rank = float(values[0]), int(values[1])
    rows = len(Path("data/loaded.txt").read_text(encoding="utf-8").split("\\n"))
    if rank == 99:
        time.sleep(600)
    if rank == 13:
        sys.exit("Error: rank 13 brings bad luck ሰላም")
    Path("metrics/train/v1").mkdir(parents=True, exist_ok=True)
    losses = [4.0, 3 + abs(rate - 0.0002) * 1000, 2 + abs(rate - 0.0002) * 1000 + rows / 1000]
    lines = "".join(f"{step},{loss}\\n" for step, loss in enumerate(losses))
    Path("metrics/train/v1/validation.csv").write_text(f"step,loss\\n{lines}")
    Path("adapter.txt").write_text(f"{rate} {rank} {rows}")
else:
    rate, rank, rows = Path("adapter.txt").read_text().split()
    Path("data/scores").mkdir(parents=True, exist_ok=True)
    Path("metrics/score").mkdir(parents=True, exist_ok=True)
    with open("data/scores/v1.jsonl", "w") as file:
        for row in range(12):
            rouge = {name: [(row % 4 + int(rank)) / 40, 1.0] for name in ("rouge1", "rouge2", "rougeL")}
            measures = {**rouge, "heldout_loss": [20.0 + row, 10]}
            file.write(json.dumps({"id": f"{row:016x}", "measures": measures}) + "\\n")
    Path("metrics/score/v1.json").write_text(json.dumps({"rougeL": int(rank) / 40, "rows": 12}))
"""
PIPELINE = """
stages:
  load:
    cmd: exec python ../../stages/fake.py load ${load.rows}
    params: [load]
    deps: [../../stages/fake.py, data/rows.txt]
    outs: [data/loaded.txt]
  train:
    foreach: ${versions}
    do:
      cmd: exec python ../../stages/fake.py train ${train.learning_rate} ${train.lora.r}
      params: [train]
      deps: [../../stages/fake.py, data/loaded.txt]
      outs: [adapter.txt]
      plots:
        - metrics/train/${key}/validation.csv
  score:
    foreach: ${versions}
    do:
      cmd: exec python ../../stages/fake.py score
      deps: [../../stages/fake.py, adapter.txt]
      outs: [data/scores/v1.jsonl]
      metrics:
        - metrics/score/${key}.json: {cache: false}
"""
PARAMS = """# what a reader must know
versions:
  v1: {extends: none}
load:
  rows: 40
train:
  learning_rate: 0.0005   # peak
  lora:
    r: 4                  # rank
  validation: 0.1
"""
GRID = """
fixed: {load.rows: 10}
configurations:
  slow-r8: {train.learning_rate: 0.00005, train.lora.r: 8}
  ሰላም-r8: {train.learning_rate: 0.0002, train.lora.r: 8}
"""
IGNORED = "/adapter.txt\n/data/loaded.txt\n/data/scores/\n/metrics/train/\n"
SWEEP = (sys.executable, "-m", "mbegu", "sweep", "--grid", "sweep.yaml", "--version", "v1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline in a subfolder of a repository, committed and never built."""
    folder = tmp_path / "examples/toy"
    (folder / "data").mkdir(parents=True)
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/fake.py").write_text(SCRIPT)
    (folder / "data/rows.txt").write_text("\n".join(f"row {row} ✓" for row in range(40)), encoding="utf-8")
    (folder / "data/heldout.jsonl").write_text(json.dumps({"instruction": "ሰላም?", "output": "Salama."}) + "\n")
    for name, text in {"dvc.yaml": PIPELINE, "params.yaml": PARAMS, "sweep.yaml": GRID, ".gitignore": IGNORED}.items():
        (folder / name).write_text(text, encoding="utf-8")
    run("git", "init", "-qb", "main", cwd=tmp_path)
    run("dvc", "init", "-q", cwd=tmp_path)
    run("dvc", "config", "core.analytics", "false", cwd=tmp_path)
    commit(tmp_path, "Project")
    return folder


def processes(folder: Path) -> list[str]:
    """Command lines of the processes that work below the repository."""
    listed = subprocess.check_output(["ps", "-eo", "pid,args"], text=True).split("\n")
    found = []
    for line in listed:
        pid = line.split()[0] if line.split() else ""
        try:
            inside = Path(f"/proc/{pid}/cwd").resolve(strict=True).is_relative_to(folder.parents[1])
        except OSError:
            continue
        if inside:
            found.append(line)
    return found


def test_a_sweep_ends_with_table_and_plot_runs_nothing_twice_and_promotes_the_best(folder):
    first = run(*SWEEP, cwd=folder).stdout
    assert "slow-r8: Running stage 'train@v1'" in first
    assert "ሰላም-r8: Stage 'load' is cached" in first  # by the run of the other
    table = (folder / "metrics/sweep.md").read_text(encoding="utf-8")
    assert table in first
    assert "| **ሰላም-r8** " in table and "| 4.000 → 3.000 → 2.010 |" in table
    assert "All were built with load.rows: 10" in table
    experiments = [line for line in first.split("\n") if line.startswith(("| Experiment", "| ├", "| └"))]
    assert len(experiments) == 3 and "learning_rate" in experiments[0] and "rougeL" in experiments[0]
    rows = list(csv.DictReader((folder / "metrics/sweep.csv").open(encoding="utf-8")))
    assert [row["configuration"] for row in rows] == ["slow-r8", "ሰላም-r8"]
    assert float(rows[0]["rougeL_low"]) < float(rows[0]["rougeL"]) < float(rows[0]["rougeL_high"])
    assert "ROUGE-L" in (folder / "metrics/sweep.svg").read_text(encoding="utf-8")
    assert (folder / "metrics/sweep.png").read_bytes().startswith(b"\x89PNG")
    assert processes(folder) == []

    commit(folder, "Sweep")  # the experiments belong to the former commit
    again = run(*SWEEP, cwd=folder).stdout
    assert "ሰላም-r8: built before, from the same inputs and params" in again and "Running stage" not in again
    assert run("git", "status", "--porcelain", cwd=folder).stdout == ""  # the same bytes

    promoted = run(*SWEEP, "--promote", cwd=folder).stdout
    assert "dvc exp run -S train.learning_rate=0.0002 -S train.lora.r=8" in promoted
    assert (folder / "adapter.txt").read_text() == "0.0002 8 40"  # all rows
    assert (folder / "params.yaml").read_text() == PARAMS.replace("0.0005", "0.0002").replace("r: 4", "r: 8")
    assert "Data and pipelines are up to date" in run("dvc", "repro", cwd=folder).stdout

    rows_file = folder / "data/rows.txt"
    rows_file.write_text("another\n" + rows_file.read_text(encoding="utf-8"), encoding="utf-8")
    refused = run(*SWEEP, "--promote", cwd=folder, check=False)
    assert refused.returncode == 1 and "slow-r8, ሰላም-r8: not built on what is here now" in refused.stdout


def test_a_terminated_sweep_leaves_nothing_behind_and_continues_and_a_failure_is_shown_with_its_log(folder):
    grid = folder / "sweep.yaml"
    hangs, fails = (GRID.replace("r: 8}\n  ሰ", "r: 16}\n  ሰ").replace("r: 8}", f"r: {rank}}}") for rank in (99, 13))
    grid.write_text(hangs, encoding="utf-8")
    sweep = subprocess.Popen(SWEEP, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    while "ሰላም-r8: Running stage 'train@v1'" not in sweep.stdout.readline():
        assert sweep.poll() is None
    sweep.send_signal(signal.SIGTERM)
    assert sweep.wait() == 1
    deadline = time.monotonic() + 10
    while processes(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes(folder) == []
    assert "No experiment tasks" in run("dvc", "queue", "status", cwd=folder).stdout
    assert list(folder.parents[1].glob(".dvc/tmp/exps/tmp*")) == []
    assert run("git", "diff", "--name-only", cwd=folder).stdout == "examples/toy/sweep.yaml\n"

    grid.write_text(fails, encoding="utf-8")
    done = run(*SWEEP, cwd=folder, check=False)
    assert done.returncode == 1
    assert "slow-r8: built before" in done.stdout and "slow-r8: queued" not in done.stdout
    assert "ሰላም-r8 failed; its log ends with:" in done.stdout and "Error: rank 13 brings bad luck ሰላም" in done.stdout
    assert done.stdout.rstrip().endswith("Error: 1 of 2 configurations failed: ሰላም-r8; mend them, run this again.")
    table = (folder / "metrics/sweep.md").read_text(encoding="utf-8")
    assert "**slow-r8**" in table and "Failed: ሰላም-r8." in table
