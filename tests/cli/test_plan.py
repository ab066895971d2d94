"""What a build would ask, in projects that stand alone and in examples, whose scripts are further up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from root import ROOT

PIPELINE = """
stages:
  expand:
    foreach: ${seeds}
    do:
      cmd: exec python ${home}/stages/expand.py --version ${key} ${expand}
  train:
    foreach: ${versions}
    do:
      cmd: exec python ${home}/stages/train.py
"""
SCRIPT = "import sys\nif '--plan' in sys.argv:\n    print(*sys.argv[1:])\nsys.exit('v3' in sys.argv)\n"
PARAMS = """
home: {home}
expand: {{max_new_tokens: 8}}
versions: {{v1: {{}}, v2: {{}}, v3: {{}}}}
seeds: {seeds}
"""
WITHOUT_PYTHON = os.environ | {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


@pytest.fixture
def project(tmp_path: Path):
    """Makes a project: project("examples/toy", "../..", "{v1: {}}") -> its folder. The scripts are at the top."""
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/expand.py").write_text(SCRIPT)

    def make(folder: str, home: str, seeds: str) -> Path:
        path = tmp_path / folder
        path.mkdir(parents=True, exist_ok=True)
        (path / "dvc.yaml").write_text(PIPELINE)
        (path / "params.yaml").write_text(PARAMS.format(home=home, seeds=seeds))
        return path

    return make


def plan(folder: Path, *versions: str) -> subprocess.CompletedProcess:
    """In a process without `python` on its PATH, as a program of a virtual environment that nobody activated."""
    command = [sys.executable, "-m", "mbegu", "plan", *versions]
    return subprocess.run(command, cwd=folder, env=WITHOUT_PYTHON, capture_output=True, text=True, check=False)


def test_each_version_is_planned_by_the_command_of_its_own_project(project):
    top = project(".", ".", "{v1: {}, v2: {}}")
    assert plan(top).stdout == "v1\n--version v1 --max_new_tokens 8 --plan\nv2\n--version v2 --max_new_tokens 8 --plan\n"
    example = project("examples/toy", "../..", "{v2: {}}")
    assert plan(example).stdout == "v2\n--version v2 --max_new_tokens 8 --plan\n"
    assert plan(top, "v2").stdout == "v2\n--version v2 --max_new_tokens 8 --plan\n"


def test_studied_documents_are_planned_beside_versions(project):
    top = project(".", ".", "{v1: {}}")
    study = "  study:\n    foreach: ${studied}\n    do:\n      cmd: exec python ${home}/stages/expand.py --study ${key}\n"
    (top / "dvc.yaml").write_text(PIPELINE + study)
    (top / "params.yaml").write_text(PARAMS.format(home=".", seeds="{v1: {}}") + "studied: {ሰነድ: {}, v1: {}}\n")
    v1 = "v1\n--version v1 --max_new_tokens 8 --plan\n--study v1 --plan\n"
    assert plan(top).stdout == f"{v1}ሰነድ\n--study ሰነድ --plan\n" and plan(top, "v1").stdout == v1


def test_what_can_not_be_planned_is_one_line(project, tmp_path_factory):
    top = project(".", ".", "{v1: {}, v3: {}}")
    assert plan(top, "v1", "v9").stderr == "Error: plan: no version v9 in params.yaml; there are v1, v3.\n"
    failed = plan(top)
    assert failed.returncode == 1 and failed.stdout.endswith("v3\n--version v3 --max_new_tokens 8 --plan\n")
    without = project("examples/none", "../..", "{}")
    assert plan(without).stdout == "No version here is drafted from seeds, so there is nothing to forecast.\n"
    assert "there are none that are drafted from seeds." in plan(without, "v1").stderr
    (without / "params.yaml").write_text("seeds: [")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for folder, said in (
        (without, "params.yaml"),
        (top / "stages", "dvc.yaml' does not exist"),
        (elsewhere, "not inside of a DVC"),
    ):
        done = plan(folder)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        assert (
            done.stderr.startswith(f"Error: {folder}: ")
            and said in done.stderr
            and "run this in the folder of a dvc.yaml" in done.stderr
        )
