"""The benchmark of sets counts no wrong decision; small here, and as large as one likes by an option."""

import json
import subprocess
import sys

import pytest
from root import ROOT


@pytest.mark.parametrize("kind", ["passages", "templates", "copies", "unrelated"])
def test_no_row_of_a_generated_set_is_wrongly_dropped_or_kept_and_none_leaks(kind):
    command = [sys.executable, ROOT / "benchmarks/sets.py", "--run", "--set", kind, "--rows", "400"]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert (found["wrongly dropped"], found["wrongly kept"], found["leaked pairs"]) == (0, 0, 0)
    assert found["heldout"] > 10 and found["kept"] == found["rows"] - (found["rows"] // 5 if kind == "copies" else 0)
