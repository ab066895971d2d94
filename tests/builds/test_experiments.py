"""Which finished experiments are still good."""

import os
import subprocess

import pytest

from mbegu.builds import experiments

PIPELINE = """
stages:
  fingerprint:
    cmd: python stages/fingerprint.py
    deps: [mbegu, stages]
    outs: [data/fingerprints]
  train:
    cmd: python stages/train.py
    deps: [data/fingerprints/train, data/rows.txt]
    params: [train]
    outs: [adapter.txt]
"""
FILES = {
    "dvc.yaml": PIPELINE,
    "params.yaml": "train: {r: 4}\n",
    "data/rows.txt": "ሰላም\n",
    "stages/train.py": "import shared\n",
    "stages/shared.py": "",
    "stages/score.py": "",
    ".gitignore": "/adapter.txt\n/data/fingerprints\n",
}


def git(*arguments: str) -> str:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A committed pipeline with the experiment `a`, which no DVC has to run for this."""
    from dvc.repo import Repo

    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    Repo.init(".").close()
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "Project")
    head = git("rev-parse", "HEAD")
    git("update-ref", f"refs/exps/{head[:2]}/{head[2:]}/a", head)
    return tmp_path


@pytest.mark.parametrize(
    ("edited", "good"),
    [("stages/score.py", True), ("stages/shared.py", False), ("stages/train.py", False), ("data/rows.txt", False)],
)
def test_an_experiment_is_good_until_something_that_it_was_made_of_is_edited(project, edited, good):
    wanted = {"a": {"train": {"r": 4}}, "b": {"train": {"r": 8}}}
    assert list(experiments.find("train", wanted)) == ["a"]
    with (project / edited).open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert list(experiments.find("train", wanted)) == (["a"] if good else [])
