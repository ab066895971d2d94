"""A user's first hour: the wheel in an environment of its own, `mbegu new`, a build, a second one, and two edits."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest
from projects import ENVIRONMENT, copy_tree, fit, warm
from root import ROOT

from mbegu.builds.scaffold import SOURCES
from mbegu.models.manifest import verify
from mbegu.rows.row import row_id

STAGES = {f"{stage}@v1" for stage in ("expand", "curate", "merge", "encode", "train", "predict", "score")}
END = {"conversations@conversations", "compare", "report"}


class Installed(NamedTuple):
    """An environment into which the wheel was installed, and that sees the large libraries of this one."""

    library: Path  # the folder `mbegu` in it
    variables: dict[str, str]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", ROOT)
    call(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))
    # a path in a .pth is searched after this environment's own packages, and the .pth files there, such as that of an
    # editable mbegu, are not read
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (wheel,) = (folder / "dist").glob("*.whl")
    call(sys.executable, "-m", "pip", "--python", folder / "venv/bin/python", "install", "--no-deps", "--quiet", wheel)
    variables = {name: value for name, value in ENVIRONMENT.items() if name != "PYTHONPATH"}
    variables |= {"OMP_NUM_THREADS": "1"}  # a tiny model gains nothing from a second thread, which others may want
    return Installed(site / "mbegu", warm(variables | {"PATH": f"{folder}/venv/bin{os.pathsep}{variables['PATH']}"}))


def call(*command: object, cwd: Path | None = None, env: dict[str, str] = ENVIRONMENT, check: bool = True) -> str:
    """What a command prints, stderr after stdout."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, f"{command}\n{done.stdout[-6000:]}"
    return done.stdout


def stages_run(output: str) -> set[str]:
    return set(re.findall(r"Running stage '([^']+)'", output))


def test_the_command_and_the_library_are_those_of_the_wheel(installed, tmp_path):
    found = call("python", "-c", "import mbegu; print(mbegu.__file__)", cwd=tmp_path, env=installed.variables)
    assert found == f"{installed.library}/__init__.py\n" and (installed.library / "home/stages/train.py").is_file()
    found = call("which", "-a", "mbegu", env=installed.variables).splitlines()
    assert next(path for path in found if "/warm-" not in path).startswith(str(installed.library.parents[3]))
    help_ = call("mbegu", "--help", cwd=tmp_path, env=installed.variables)
    assert re.search(r"\bcheck +Check what people wrote", help_) and re.search(r"\bnew +Make a new project", help_)


@pytest.mark.parametrize("source", SOURCES)
def test_a_project_of_each_source_is_checked_before_it_is_built(installed, tmp_path, source):
    call("mbegu", "new", "garden", "--from", source, cwd=tmp_path, env=installed.variables)
    project = tmp_path / "garden"
    printed = call("make", "test", cwd=project, env=installed.variables)
    assert "params.yaml: 1 version (v1)" in printed and not (project / ".venv").exists()
    planned = stages_run(call("dvc", "repro", "--dry", "--force", cwd=project, env=installed.variables))
    assert planned == set(call("dvc", "stage", "list", "--name-only", cwd=project, env=installed.variables).split())
    assert {"fingerprint", "base", "train@v1", "predict@base", "report"} < planned
    (project / "data/heldout.jsonl").write_text('{"instruction": "What?"}\n')
    printed = call("make", "test", cwd=project, env=installed.variables, check=False)
    assert (
        "Error: data/heldout.jsonl:1: 'output' is missing or empty; write its text.\n" in printed and "Traceback" not in printed
    )


@pytest.fixture(scope="module")
def garden(installed, tiny_base, tmp_path_factory) -> Path:
    """A project from seeds, built as `mbegu new` says and committed. Tests must copy or clone it."""
    project = tmp_path_factory.mktemp("first") / "garden"
    printed = call("mbegu", "new", project, env=installed.variables)
    fit(project, tiny_base)
    call("sh", "-c", printed.splitlines()[-1].removeprefix("Next: "), env=installed.variables)
    commit(project)
    return project


def commit(project: Path) -> None:
    """As the project's README says; nothing may be left that git neither has nor ignores."""
    call("git", "add", "-A", ".", cwd=project)
    call("git", "commit", "-qm", "v1", cwd=project)
    assert call("git", "status", "--short", cwd=project) == ""


def test_a_build_a_second_one_and_what_an_edit_runs(installed, garden, tmp_path):
    def repro() -> set[str]:
        return stages_run(call("dvc", "repro", cwd=project, env=installed.variables))

    project = copy_tree(garden, tmp_path / "garden")
    assert {"base", "v1"} == set(json.loads((project / "metrics/compare.json").read_text())["models"])
    assert "<svg" in (project / "report.html").read_text()
    assert repro() == {"fingerprint"}

    clone = tmp_path / "clone"
    call("git", "clone", "-q", project, clone, env=installed.variables)
    for folder in (project, clone):
        printed = call("make", "test", cwd=folder, env=installed.variables)
        assert "Note:" not in printed and ("data: 4 stages, rows in = rows out" in printed) == (folder == project)
        call("mbegu", "check", "--current", cwd=folder, env=installed.variables)

    module = installed.library / "training/dropout.py"
    fingerprints = {path.name for path in (project / "data/fingerprints").iterdir() if f"/{module.name}\n" in path.read_text()}
    assert fingerprints == {"train", "pretrain"}
    module.write_text(module.read_text() + "# edited\n")
    assert repro() == {"fingerprint", "train@v1"}  # the adapter is the same to the byte

    seeds = project / "data/seeds/v1.jsonl"
    edited = seeds.read_text(encoding="utf-8").replace(
        "It is too wet and", "It is too wet, and it", 1
    )  # a row that is trained on
    seeds.write_text(edited, encoding="utf-8")
    assert "Note: out of date: expand@v1, score@base" in call("mbegu", "check", cwd=project, env=installed.variables)
    assert repro() == {"fingerprint", "score@base"} | STAGES | END  # score.following are the seeds


def test_files_of_another_project_are_named_never_read_and_removed(installed, garden, tmp_path):
    def mbegu(*arguments: str, check: bool = True) -> str:
        return call("mbegu", *arguments, cwd=project, env=installed.variables, check=check)

    project = copy_tree(garden, tmp_path / "ጓሮ")
    theirs = {"instruction": "Somebody else's question?", "input": "", "output": "Somebody else's answer."}
    for name in ("seeds/v2", "versions/v2", "predictions/v2", "versions/v3", "reviews/v3"):
        (project / f"data/{name}.jsonl").write_text(json.dumps(theirs) + "\n")
    for name in ("v2", "v3"):
        (project / f"metrics/score/{name}.json").write_text('{"rows": 60, "rougeL": 1.0}')
    (project / "metrics/judge/v2-base.json").write_text('{"v2:base": "theirs"}')
    params = project / "params.yaml"
    params.write_text(re.sub(r"\bv1\b", "ጓሮ", params.read_text()))  # a version in another script, and v1 is no more
    (project / "data/seeds/v1.jsonl").rename(project / "data/seeds/ጓሮ.jsonl")

    printed = call("dvc", "repro", cwd=project, env=installed.variables)
    assert printed.count("Note: ") == 1 and "are left over of what params.yaml does not declare (v1, v2, v2-base, v3);" in printed
    assert list(json.loads((project / "metrics/compare.json").read_text())["models"]) == ["base", "ጓሮ"]
    for page in ("report.html", "report.md", "metrics/conversations.md"):
        text = (project / page).read_text()
        assert "ጓሮ" in text and not re.search(r"Somebody|theirs|\bv[123]\b", text.replace("vega", "")), page
    assert "no row has this id" in mbegu("why", row_id(theirs["instruction"], ""), check=False)
    for command in (["diff", "v2", "ጓሮ"], ["review", "v3", "--reviewer", "Achieng"]):
        assert "params.yaml: declares no version " in mbegu(*command, check=False)
    commit(project)
    assert "(v1, v2, v2-base, v3)" in mbegu("check", "--current")

    assert "data/seeds/v2.jsonl" in mbegu("tidy", "--yes") and (project / "data/seeds/v2.jsonl").exists()
    mbegu("tidy", "--yes", "--written")
    assert mbegu("tidy") == "Nothing is left over.\n" and not list((project / "data").rglob("v[123]*"))
    again = stages_run(call("dvc", "repro", cwd=project, env=installed.variables))
    assert again <= {"fingerprint", "curate@ጓሮ", *END}  # those that read whole folders
    commit(project)
    assert "Note" not in mbegu("check", "--current")

    call("git", "tag", "-a", "adapter@v1.0.0", "-m", "v1", cwd=project)
    call("dvc", "get", project, "models/adapters/ጓሮ", "-o", "got", cwd=tmp_path)
    (tmp_path / "released").mkdir()  # into a folder that is there, DVC puts the adapter by its name
    call("dvc", "artifacts", "get", project, "adapter", "-o", "released", cwd=tmp_path)
    for folder in (tmp_path / "got", tmp_path / "released/ጓሮ"):
        assert verify(folder) == verify(project / "models/adapters/ጓሮ")


def test_a_folder_that_can_not_be_one_is_said_in_one_line(installed, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    printed = call("mbegu", "new", ".", cwd=tmp_path, env=installed.variables, check=False)
    assert printed == "Error: '.' names no new folder; write a name, such as garden.\n"
    printed = call("mbegu", "new", tmp_path, cwd=tmp_path, env=installed.variables, check=False)
    assert printed == f"Error: {tmp_path} is not empty; name a new folder.\n"
