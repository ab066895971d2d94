"""The real pipeline on the real embedded model, built once for all end-to-end tests."""

from pathlib import Path

import pytest
from filelock import FileLock
from projects import commit, copy_project, copy_tree, run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A small project, built by `dvc repro` and committed. Tests must copy or clone it, never change it."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent  # of all processes of this run: one builds, the others wait
    project = shared / "built"
    with FileLock(shared / "built.lock"):
        if not project.is_dir():
            project = build(tmp_path_factory.mktemp("e2e") / "project").rename(project)
    return project


def build(project: Path) -> Path:
    copy_project(project)
    commit(project, "Project")
    run("dvc", "repro", cwd=project)
    commit(project, "Built")
    return project


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """A copy of the built project that a test may change."""
    return copy_tree(built, tmp_path / "copy")
