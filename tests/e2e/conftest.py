"""The real pipeline on the real embedded model, built once for all end-to-end tests."""

import shutil
from pathlib import Path

import pytest
from projects import ROOT, commit, copy_project, run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project, built by `dvc repro` and committed. Tests must copy or clone it, never change it."""
    project = copy_project(tmp_path_factory.mktemp("e2e") / "project")
    run("dvc", "init", "-q", "-f", cwd=project)
    shutil.copy2(ROOT / ".dvc/config", project / ".dvc/config")
    commit(project, "Project")
    run("dvc", "repro", cwd=project)
    commit(project, "Built")
    return project


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """A copy of the built project that a test may change; models are hard links to the built ones' cache."""
    copy = tmp_path / "copy"
    shutil.copytree(built, copy, symlinks=True)
    return copy
