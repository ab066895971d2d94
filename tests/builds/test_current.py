"""Whether a build is current, where everything is there and in a clone that has only what git keeps."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from repository import commit, start

from mbegu.builds.current import out_of_date, sentence
from mbegu.errors import BadInput

PIPELINE = """
stages:
  fingerprint:
    cmd: python -c "import shutil; shutil.copytree('expected', 'data/fingerprints')"
    always_changed: true
    deps: [stages]
    outs: [data/fingerprints]
  expand:
    foreach: ${seeds}
    do:
      cmd: cp data/seeds/${key}.jsonl data/expanded-${key}.jsonl
      deps: ["data/seeds/${key}.jsonl", data/fingerprints/expand]
      outs: ["data/expanded-${key}.jsonl"]
  merge:
    cmd: cat data/expanded-አንድ.jsonl > data/versions/${name}.jsonl
    params: [merge]
    deps: [data/expanded-አንድ.jsonl]
    outs: ["data/versions/${name}.jsonl"]
  compare:
    cmd: ls data/versions > compare.md
    deps: [data/versions]
    outs: [{compare.md: {cache: false}}]
"""
PARAMS = "name: v1\nmerge: {near: 0.85}\nseeds: {አንድ: {}}\n"

IGNORED = "/data/expanded*\n/data/versions/v1.jsonl\n/data/fingerprints\n"


def dvc(*arguments: str) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([sys.executable, "-m", "dvc", *arguments], env=environment, check=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A small pipeline of our form, built and committed."""
    from importlib.util import find_spec

    from mbegu.builds.fingerprints import fingerprints

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("current") / "project"
        folder.mkdir()
        patch.chdir(folder)
        start()
        script = "from mbegu.text import draws\n"
        Path("expected").mkdir()
        Path("stages").mkdir()
        Path("stages/expand.py").write_text(script)
        lines = fingerprints(Path("stages"), Path(find_spec("mbegu").origin).parent)["expand"]
        files = {"dvc.yaml": PIPELINE, "params.yaml": PARAMS, ".gitignore": IGNORED, "expected/expand": lines}
        commit(files | {"data/seeds/አንድ.jsonl": "ሰላም\n", "data/versions/none.jsonl": "x"})
        assert out_of_date(Path()) is None
        dvc("repro")
        commit({})
    return folder


@pytest.fixture(params=["workspace", "clone"])
def project(built, request, tmp_path, monkeypatch) -> Path:
    """A copy of it all, or a clone, in which nothing is that DVC keeps."""
    copy = ["cp", "-r"] if request.param == "workspace" else ["git", "clone", "-q"]
    subprocess.run([*copy, built, tmp_path / "copy"], check=True)
    monkeypatch.chdir(tmp_path / "copy")
    assert out_of_date(Path()) == [] and Path("data/fingerprints").exists() == (request.param == "workspace")
    return tmp_path / "copy"


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text("utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new), "utf-8")


def test_what_no_longer_is_what_was_built_is_named(project):
    edit("data/seeds/አንድ.jsonl", "ሰላም", "Habari")
    assert out_of_date(Path()) == ["expand@አንድ"]
    edit("params.yaml", "0.85", "0.9")
    assert out_of_date(project) == ["expand@አንድ", "merge"]


def test_a_command_and_a_new_stage(project):
    edit("dvc.yaml", "cat data", "cat  data")
    edit("params.yaml", "{አንድ: {}}", "{አንድ: {}, ሁለት: {}}")
    Path("data/seeds/ሁለት.jsonl").write_text("x")
    assert out_of_date(Path()) == ["expand@ሁለት", "merge"]


def test_the_code_is_that_of_now(project):
    Path("stages/expand.py").write_text("from mbegu.text import words\n")
    assert out_of_date(Path()) == ["expand@አንድ"]


def test_an_output_that_was_edited(project):
    edit("compare.md", "none", "None")
    assert out_of_date(Path()) == ["compare"]


def test_it_is_a_sentence(project):
    assert sentence(None) == "not built yet; `dvc repro` builds it." and sentence([]) == ""
    assert sentence(["train@አንድ"]) == "out of date: train@አንድ, and what follows; `dvc repro` builds it."
    Path("dvc.yaml").write_text("stages: [")
    with pytest.raises(BadInput, match=r"run this in the folder of a dvc\.yaml"):
        out_of_date(Path())
