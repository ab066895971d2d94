"""The map of the rooms is that of the folders, and the worked example of a stage works."""

import json
import re
import runpy
import shutil

from projects import run
from root import ROOT
from test_rooms import ROOMS

MAP = (ROOT / "docs/rooms.md").read_text(encoding="utf-8")
BLOCK = r"(?s)`([\w./]+)`\n\n```\w+\n(.*?)```"
PIPELINE = """
stages:
  fingerprint:
    cmd: exec python stages/fingerprint.py --stages stages --out data/fingerprints
    deps: [mbegu, stages]
    outs: [data/fingerprints]
"""


def test_the_map_names_each_room_once_in_order_and_with_its_own_words():
    rooms = re.findall(r"(?m)^## `mbegu/(\w+)/`$", MAP)
    assert rooms == [name for name in ROOMS if (ROOT / "mbegu" / name).is_dir()]
    assert sorted(rooms) == sorted(path.parent.name for path in (ROOT / "mbegu").glob("*/__init__.py"))
    assert runpy.run_path(str(ROOT / "docs/rooms.py"))["page"](MAP) == MAP, "run python docs/rooms.py"


def test_the_page_on_gpus_has_the_numbers_that_were_measured():
    text = (ROOT / "docs/gpu.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(ROOT / "docs/gpu.py"))["page"](text) == text, "run python docs/gpu.py"


def test_the_worked_example_of_a_stage_runs(tmp_path):
    files = dict(re.findall(BLOCK, (ROOT / "docs/stage.md").read_text(encoding="utf-8")))
    for name in ("mbegu", "stages"):
        shutil.copytree(ROOT / name, tmp_path / name)
    versions = tmp_path / "data/versions"
    versions.mkdir(parents=True)
    (versions / "v1.jsonl").write_text(json.dumps({"instruction": "ሰላም?", "output": "Habari ya asubuhi 🌱"}) + "\n")
    files["dvc.yaml"] = PIPELINE + files["dvc.yaml"]
    files["params.yaml"] += "home: .\nversions: {v1: {}}\n"
    for name in ("pyproject.toml", "tests/root.py", "tests/test_rooms.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    run("git", "init", "-q", cwd=tmp_path)
    run("dvc", "init", "-q", cwd=tmp_path)
    shutil.copy(ROOT / ".dvc/config", tmp_path / ".dvc/config")
    printed = run("dvc", "repro", cwd=tmp_path).stdout
    assert "1 answers of 4.0 words: metrics/lengths/v1.json" in printed
    assert json.loads((tmp_path / "metrics/lengths/v1.json").read_text()) == {"answers": 1, "mean_words": 4.0, "long": 0.0}
    run("python", "-m", "pytest", "-q", "tests", cwd=tmp_path)
