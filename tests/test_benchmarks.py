"""The benchmark of sets counts no wrong decision, that of the app prints all its figures; small here, and as large as one
likes by an option."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import yaml
from root import ROOT


@pytest.mark.parametrize("kind", ["passages", "templates", "copies", "unrelated"])
def test_no_row_of_a_generated_set_is_wrongly_dropped_or_kept_and_none_leaks(kind):
    command = [sys.executable, ROOT / "benchmarks/sets.py", "--run", "--set", kind, "--rows", "400"]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert (found["wrongly dropped"], found["wrongly kept"], found["leaked pairs"]) == (0, 0, 0)
    assert found["heldout"] > 10 and found["kept"] == found["rows"] - (found["rows"] // 5 if kind == "copies" else 0)


def test_the_benchmark_of_the_app_prints_every_figure_beside_its_target(tiny_base, tmp_path):
    from test_merged import make_adapter

    shutil.copytree(tiny_base, tmp_path / "models/base")
    make_adapter(tiny_base, tmp_path / "models/adapters/v1")
    locale = {"languages": ["am"], "currency": "ETB", "unknown": "አላውቅም", "names": [], "disclaimer": ""}
    params = {"base_model": "models/base", "models": {"base": "models/base", "v1": "models/adapters/v1"}, "locale": locale}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/heldout.jsonl").write_text(json.dumps({"instruction": "ሰላም?", "output": "እሺ"}) + "\n")
    command = [
        sys.executable, ROOT / "benchmarks/app.py", "--project", tmp_path, "--visitors", "2", "--questions", "1", "--tokens", "3",
        "--rows", "20", "--quantization", "none",
    ]  # fmt: skip
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    figures = [line.rsplit(": ", 1) for line in done.stdout.splitlines()]
    assert [label for label, _ in figures] == [
        "first token against generate alone, times", "switch of the adapter, s", figures[2][0], "page of 20 rows opens, s",
    ]  # fmt: skip
    assert figures[2][0].startswith("tokens/s of 2 visitors against one (")
    missed = [value for _, value in figures if value.endswith("MISSED")]
    assert done.returncode == bool(missed) and all(value.endswith(("as wanted", "MISSED")) for _, value in figures), done.stderr
