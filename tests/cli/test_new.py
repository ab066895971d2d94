"""`mbegu new`: what stands in a project, and what can't be one."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from test_pipeline import BODIES, flat, load, script_of, unpacked

from mbegu.builds.home import home
from mbegu.builds.scaffold import SOURCES, dotted
from mbegu.cli.new import main

ROOT = Path(__file__).parents[2]


def new(*arguments: str, **environment: str):
    return CliRunner().invoke(main, list(arguments), env=environment)


@pytest.fixture(params=SOURCES)
def project(request, tmp_path: Path) -> Path:
    done = new(str(tmp_path / "garden"), "--from", request.param)
    assert done.exit_code == 0, done.output
    return tmp_path / "garden"


def test_a_project_has_all_that_a_user_needs_and_git_takes_it_all(project):
    names = {".dvc/config", ".dvc/plots.html", ".dvcignore", ".github/workflows/check.yaml", ".gitignore", "Makefile"}
    names |= {"README.md", "requirements.txt", "params.yaml", "dvc.yaml", "data/versions/none.jsonl", "data/reviews/.gitkeep"}
    names |= {f"stages/{path.name}" for path in (ROOT / "stages").glob("*.py")} | {"templates/judge/pairwise.jinja"}
    known = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=project, text=True).splitlines()
    assert names <= set(known) and sorted(known) == sorted(
        str(path.relative_to(project)) for path in project.rglob("*") if path.is_file() and ".git" not in path.parts
    )
    assert not any("project" in Path(name).parts or "jinja" in Path(name).name for name in known if "templates" not in name)
    assert [path.name for path in project.parent.iterdir()] == ["garden"]


def test_no_file_names_this_machine_or_holds_an_unfilled_place(project):
    for path in project.rglob("*"):
        if path.is_file() and ".git" not in path.parts and path.name != "plots.html" and path.suffix != ".jinja":
            text = path.read_text(encoding="utf-8")
            assert str(ROOT) not in text and str(project) not in text, path
            assert "{%" not in text and ("{{" not in text or path.suffix == ".py"), path


def test_the_pipeline_is_ours_but_for_its_fingerprints(project):
    ours, theirs = (folder.joinpath("dvc.yaml").read_text() for folder in (ROOT, project))
    assert ours[ours.index("  base:\n") :] == theirs[theirs.index("  base:\n") :]
    stages = [yaml.safe_load(text)["stages"] for text in (ours, theirs)]
    assert list(stages[0]) == list(stages[1])
    own = stages[1]["fingerprint"]
    assert own.pop("always_changed") and own.pop("deps") == ["stages"]
    assert own == {key: value for key, value in stages[0]["fingerprint"].items() if key != "deps"}


def test_every_parameter_of_a_sample_is_an_option_of_a_script(project):
    params = yaml.safe_load((project / "params.yaml").read_text())
    for name in BODIES:
        options = {option for param in load(script_of(name)).main.params for option in [*param.opts, *param.secondary_opts]}
        for section in unpacked(name):
            assert {f"--{key}" for key in flat(params.get(section, {}))} <= options, f"{section} of {name}"


def test_the_name_stands_where_a_value_has_to_go_in(tmp_path):
    assert new(str(tmp_path / "ጓሮ-1")).exit_code == 0
    assert (tmp_path / "ጓሮ-1/README.md").read_text(encoding="utf-8").startswith("# ጓሮ-1\n")
    assert yaml.safe_load((tmp_path / "ጓሮ-1/params.yaml").read_text(encoding="utf-8"))["publish"]["name"] == "ጓሮ-1"


@pytest.mark.parametrize("name", ["no", "123", "1.5", "null"])
def test_a_name_that_yaml_reads_as_something_else_stays_a_name(tmp_path, name):
    assert new(str(tmp_path / name)).exit_code == 0
    assert yaml.safe_load((tmp_path / name / "params.yaml").read_text())["publish"]["name"] == name


def test_an_extra_that_a_project_installs_is_one_of_ours(project):
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = (project / "requirements.txt").read_text().splitlines()[1]
    extra = re.fullmatch(rf"mbegu(?:\[(\w+)\])?=={re.escape(known['version'])}", wanted)[1]
    assert extra is None or extra in known["optional-dependencies"]


def test_a_folder_that_is_there_and_empty_is_taken(tmp_path):
    (tmp_path / "garden").mkdir()
    assert new(str(tmp_path / "garden")).exit_code == 0
    assert (tmp_path / "garden/params.yaml").is_file()


def test_inside_a_work_tree_no_second_repository_is_made(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    done = new(str(tmp_path / "garden"))
    assert "in the git repository around it" in done.output and not (tmp_path / "garden/.git").exists()
    status = subprocess.check_output(["git", "status", "--short"], cwd=tmp_path, text=True)
    assert status == "?? garden/\n"
    listed = subprocess.run(["dvc", "root"], cwd=tmp_path / "garden", capture_output=True, text=True, check=True)
    assert listed.stdout == ".\n"


def test_what_to_do_next_can_be_typed(tmp_path):
    (tmp_path / "two words").mkdir()
    last = new(str(tmp_path / "two words/garden")).output.splitlines()[-1]
    assert last.startswith("Next: cd ") and shlex.split(last)[2] == str(tmp_path / "two words/garden")


def test_a_full_folder_is_left_as_it_is(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    check_refused(tmp_path, f"{tmp_path} is not empty; name a new folder.")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "garden").write_text("mine")
    check_refused(tmp_path / "garden", f"{tmp_path}/garden is a file; name a new folder.")
    check_refused(
        tmp_path / "garden/plot", f"{tmp_path}/garden/plot: {tmp_path}/garden is no folder; name a folder in one that exists."
    )
    check_refused(tmp_path / "a/b", f"{tmp_path}/a/b: {tmp_path}/a does not exist; name a folder in one that exists.")


NAMES = {
    "": "'.' names no new folder; write a name, such as garden.",
    ".": "'.' names no new folder; write a name, such as garden.",
    "..": "'..' names no new folder; write a name, such as garden.",
    "plots/..": "'plots/..' names no new folder; write a name, such as garden.",
    "gar\0den": "'gar\\x00den' names no new folder; write a name, such as garden.",
    "garden ": "'garden ' begins or ends in a blank; leave it out.",
    "\u00a0garden": "'\\xa0garden' begins or ends in a blank; leave it out.",
    "-garden": "'-garden' can't name a project; begin with a letter or digit, and go on with those and - _ . only.",
    ".garden": "'.garden' can't name a project",
    "gar den": "'gar den' can't name a project",
    "gar\nden": "'gar\\nden' can't name a project",
    "garden:1": "'garden:1' can't name a project",
    "gar\u200bden": "'gar\\u200bden' can't name a project",
    "\u202egarden": "'\\u202egarden' can't name a project",
    "🌱": "'🌱' can't name a project",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_names_no_project_is_said_in_one_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = new("--", name)
    assert done.exit_code == 1 and done.stderr.count("\n") == 1 and done.stdout == ""
    assert done.stderr.startswith(f"Error: {NAMES[name]}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["bustani", "ጓሮ", "حديقة", "गार्डन", "garden_2", "v1.2"])
def test_names_of_any_script_are_names(name, tmp_path):
    assert new(str(tmp_path / name)).exit_code == 0


def check_refused(path: Path, message: str, **environment: str) -> None:
    done = new(str(path), **environment)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"Error: {message}\n")


def test_a_place_that_can_not_be_written_is_said_in_one_line():
    done = new("/proc/garden")
    assert done.exit_code == 1 and done.stderr.startswith("Error: /proc/garden: ") and done.stderr.count("\n") == 1


def test_a_name_longer_than_a_file_system_takes(tmp_path):
    done = new(str(tmp_path / ("g" * 300)))
    assert done.exit_code == 1 and "File name too long" in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_git_or_dvc_nothing_is_made(tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    check_refused(
        tmp_path / "garden",
        "git is not installed, or not on the PATH; install it: a project is a git repository.",
        PATH=str(tools),
    )
    (tools / "git").symlink_to(shutil.which("git"))
    message = "dvc is not on the PATH; activate the environment in which mbegu is installed, or pip install dvc."
    check_refused(tmp_path / "garden", message, PATH=str(tools))
    assert not (tmp_path / "garden").exists()


def test_a_git_that_fails_leaves_nothing_behind(tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").write_text("#!/bin/sh\necho 'fatal: no\nroom' >&2\nexit 128\n")
    (tools / "git").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    check_refused(tmp_path / "garden", "git init: fatal: no room Nothing was made.", PATH=path)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_names_of_the_sample_have_no_effect_in_this_repository():
    files = [path.relative_to(ROOT) for path in (ROOT / "templates/project").rglob("*") if path.is_file()]
    assert not [file for file in files if {".gitignore", ".dvcignore", ".dvc", ".github", "dvc.yaml"} & set(file.parts)]
    assert dotted(Path("dot-github/workflows/check.yaml")) == Path(".github/workflows/check.yaml")
    assert dotted(Path("README.md.jinja")) == Path("README.md")


def test_the_sample_of_the_documents_learns_its_form_from_the_rows_of_the_seeds():
    samples = home() / "templates/project"
    assert (samples / "documents/data/following.jsonl").read_bytes() == (samples / "seeds/data/seeds/v1.jsonl").read_bytes()
    written = [json.loads(line) for line in (samples / "seeds/data/heldout.jsonl").read_text(encoding="utf-8").splitlines()]
    assert written == [
        json.loads(line) for line in (samples / "set/data/questions.jsonl").read_text(encoding="utf-8").splitlines()
    ]
