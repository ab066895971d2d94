"""What a script reaches, and what an edit of it runs."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from projects import commit, run
from root import ROOT

from mbegu.builds.fingerprints import HALL, closure, fingerprints
from mbegu.errors import BadInput


@pytest.fixture
def toy(tmp_path: Path):
    """Writes files below `stages` and `mbegu` and returns the closure of stages/a.py as names."""

    def reach(script: str, **modules: str) -> list[str]:
        for name, text in {"mbegu/__init__": "", "stages/a": script, **modules}.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return [file.relative_to(tmp_path).as_posix() for file in closure(tmp_path / "stages/a.py", tmp_path / "mbegu")]

    return reach


ROOM = {"mbegu/room/__init__": "", "mbegu/room/table": "", "mbegu/room/chair": ""}
TABLE = ["mbegu/__init__.py", "mbegu/room/__init__.py", "mbegu/room/table.py", "stages/a.py"]


@pytest.mark.parametrize(
    "script",
    [
        "import mbegu.room.table",
        "import mbegu.room.table as ሰንጠረዥ",
        "from mbegu.room import table",
        "from mbegu.room.table import anything",
        "from mbegu.room.table import *",
        "def main():\n    if True:\n        from mbegu.room import table",
        "try:\n    import os, mbegu.room.table\nexcept ImportError: pass",
    ],
)
def test_a_script_reaches_a_module_and_the_packages_above_it_wherever_the_import_stands(toy, script):
    assert toy(script, **ROOM) == TABLE


def test_packages_above_a_module_are_followed_too(toy):
    found = toy("import mbegu.room.table", **ROOM | {"mbegu/room/__init__": "from mbegu import light", "mbegu/light": ""})
    assert found == sorted([*TABLE, "mbegu/light.py"])


@pytest.mark.parametrize(
    "line",
    [
        "from . import chair",
        "from .chair import leg",
        "from ..room import chair",
        "from .. import room\nfrom mbegu.room.chair import leg",
    ],
)
def test_relative_imports_are_followed(toy, line):
    assert toy("import mbegu.room.table", **ROOM | {"mbegu/room/table": line}) == sorted([*TABLE, "mbegu/room/chair.py"])


def test_modules_that_import_each_other_and_other_scripts_are_followed(toy):
    modules = {"mbegu/room/table": "from mbegu.room import chair", "mbegu/room/chair": "from mbegu.room import table"}
    found = toy("import shared, json", **ROOM | modules, **{"stages/shared": "import mbegu.room.table"})
    assert found == sorted([*TABLE, "mbegu/room/chair.py", "stages/shared.py"])


def test_the_hall_is_neither_listed_nor_followed(toy):
    hall = {f"mbegu/{name}": "from mbegu.room import chair" for name in HALL}
    script = "from mbegu import errors\nimport mbegu.command\nfrom mbegu.quiet import quiet\nfrom mbegu.room import table"
    assert toy(script, **ROOM | hall) == TABLE
    named_alike = {"mbegu/room/errors": ""}  # in a room, it is a module like any other
    assert "mbegu/room/errors.py" in toy("from mbegu.room import errors", **ROOM | named_alike)


@pytest.mark.parametrize("init", ["def lamp(): ...", "class lamp: ...", "lamp = 1", "from os import path as lamp"])
def test_a_name_that_a_package_gives_is_no_module(toy, init):
    assert toy("from mbegu.room import lamp", **ROOM | {"mbegu/room/__init__": init}) == [*TABLE[:2], "stages/a.py"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("\nimport mbegu.nowhere", r"stages/a.py:2: imports mbegu.nowhere, which is not there; mend the import\."),
        ("from mbegu import nowhere", "stages/a.py:1: imports mbegu.nowhere"),
        ("from mbegu.room import nowhere", "stages/a.py:1: imports mbegu.room.nowhere"),
        ("from mbegu.room.table.drawer import key", "stages/a.py:1: imports mbegu.room.table.drawer.key, which is not there"),
        ("a = 1\nif a\n", "stages/a.py:2: not Python .expected ':'."),
        ("a\0", "stages/a.py.*: not Python"),
    ],
)
def test_a_script_that_can_t_run_is_refused_with_its_line(toy, script, message):
    with pytest.raises(BadInput, match=message):
        toy(script, **ROOM)


def test_a_folder_without_scripts_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"no scripts here; expected NAME\.py for each stage"):
        fingerprints(tmp_path, ROOT / "mbegu")


def test_sha256sum_accepts_the_fingerprints_and_they_tell_an_installed_library_by_the_same_names(tmp_path):
    found = fingerprints(ROOT / "stages", ROOT / "mbegu")
    assert set(found) == {path.stem for path in (ROOT / "stages").glob("*.py")}
    for name, lines in found.items():
        (tmp_path / name).write_text(lines)
        done = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", tmp_path / name], cwd=ROOT, check=False)
        assert done.returncode == 0
        files = [line.split("  ")[1] for line in lines.splitlines()]
        assert files == sorted(files) and f"stages/{name}.py" in files
    shutil.copytree(ROOT / "mbegu", tmp_path / "lib/site-packages/mbegu")
    shutil.copytree(ROOT / "stages", tmp_path / "project/stages")
    assert fingerprints(tmp_path / "project/stages", tmp_path / "lib/site-packages/mbegu") == found


@pytest.mark.parametrize("name", HALL)
def test_the_hall_imports_no_room(name):
    allowed = {*HALL, "__init__"}
    reached = {file.stem for file in closure(ROOT / f"mbegu/{name}.py", ROOT / "mbegu") if file.is_relative_to(ROOT / "mbegu")}
    imported = re.findall(r"(?:from|import) mbegu[. ](\w+)", (ROOT / f"mbegu/{name}.py").read_text())
    assert reached <= allowed and set(imported) <= set(HALL)


def test_nothing_imports_by_string():
    """The command `mbegu` may: no stage reaches it."""
    for path in [*(ROOT / "mbegu").rglob("*.py"), *(ROOT / "stages").glob("*.py")]:
        if "cli" not in path.relative_to(ROOT).parts:
            assert not re.search(r"import_module|__import__|\brunpy\b", path.read_text(encoding="utf-8")), path


PIPELINE = """
stages:
  fingerprint:
    cmd: exec python stages/fingerprint.py --stages stages --out data/fingerprints
    deps:
      - mbegu
      - stages
    outs:
      - data/fingerprints
  train:
    foreach: [v1, v2]
    do:
      cmd: touch ${item}.adapter
      deps: [data/fingerprints/train]
      outs: ["${item}.adapter"]
  score:
    cmd: touch scores
    deps: [data/fingerprints/score]
    outs: [scores]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The real library and scripts, and cheap stages, built."""
    for name in ("mbegu", "stages", ".dvcignore"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / ".gitignore").write_text("__pycache__/\n")
    run("git", "init", "-qb", "main", cwd=tmp_path)
    run("dvc", "init", "-q", cwd=tmp_path)
    assert stages_run(tmp_path) == {"fingerprint", "train@v1", "train@v2", "score"}
    commit(tmp_path, "Built")
    return tmp_path


def stages_run(project: Path) -> set[str]:
    output = run("dvc", "repro", cwd=project).stdout
    return set(re.findall(r"Running stage '([^']+)'", output)) | set(re.findall(r"Stage '([^']+)' is cached", output))


def edit(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_an_edit_runs_what_reaches_it_and_nothing_else(project):
    (loss,) = (project / "mbegu").rglob("loss.py")
    (project / "mbegu/errors.py~").write_text("an editor's backup")
    (project / "mbegu/.errors.py.swp").write_text("and its swap file")
    assert stages_run(project) == set()
    edit(loss, "# a comment ሰላም\n")
    assert stages_run(project) == {"fingerprint", "train@v1", "train@v2"}
    edit(project / "mbegu/errors.py", "# another sentence\n")
    (project / "mbegu/new_metric.py").write_text("from mbegu import errors\n")  # which nobody imports
    assert stages_run(project) == {"fingerprint"}
    edit(project / "stages/score.py", "from mbegu import nowhere\n")
    done = run("dvc", "repro", cwd=project, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("Error: ")]
    assert done.returncode and lines == [f"Error: {lines[0][7:]}"] and "imports mbegu.nowhere" in lines[0], done.stdout


@pytest.mark.parametrize(
    ("script", "never"),
    [
        ("train", ("metrics", "curating", "sources", "scoring", "asking/generation", "asking/memo", "asking/settings")),
        ("predict", ("metrics", "curating", "sources", "training/loss", "training/trainer", "asking/replies", "scoring/scores")),
        ("encode", ("metrics", "curating", "sources", "scoring", "asking/generation", "asking/endpoint", "training/trainer")),
        ("expand", ("metrics", "curating", "training", "scoring", "sources/documents", "sources/sets")),
        ("answer", ("curating", "training", "scoring", "sources/seeds", "sources/sets", "sources/documents/cutting")),
    ],
)
def test_a_slow_stage_does_not_reach_what_others_are_made_of(script, never):
    reached = [path.relative_to(ROOT / "mbegu").as_posix() for path in closure(ROOT / f"stages/{script}.py", ROOT / "mbegu")[:-1]]
    assert not [path for path in reached if path.startswith((*never, "builds", "pages", "sharing", "cli"))]
