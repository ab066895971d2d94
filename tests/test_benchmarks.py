"""The benchmark of sets counts no wrong decision, and two sides find the same; small here, as large as one likes by options."""

import json
import os
import re
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


def benchmark(name: str, *options: object) -> str:
    command = [sys.executable, ROOT / f"benchmarks/{name}.py", *map(str, options)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_rouge_is_what_it_was_in_every_pair():
    found = benchmark("rouge", "--pairs", 60, "--repeats", 1)
    assert found.count("equal to 1e-12: True") == 4 and "False" not in found
    assert len(re.findall(r"^60 (?:ASCII|Amharic) pairs, .* times what it was$", found, re.MULTILINE)) == 4


def test_answers_are_generated_by_both_sides():
    found = benchmark("generation", "--questions", 5, "--rows", 4, "--max_new_tokens", 8)
    assert re.findall(r"^(before|now) .*: 5 answers of ", found, re.MULTILINE) == ["before", "now"]
    assert re.search(r"^\d+\.\d times as fast, .*; \d of 5 answers equal$", found, re.MULTILINE)
