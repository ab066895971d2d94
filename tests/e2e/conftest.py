"""The pipeline built once for all end-to-end tests: on the real embedded model, and on a tiny one that knows nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from projects import ENVIRONMENT, commit, copy_project, copy_tree, merge_params, run, warm
from tiny import make_model


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A small project, built by `dvc repro` with plain processes, as a user's is, and committed. Tests must copy it."""
    return once("built", lambda to: build(copy_project(to), ENVIRONMENT), tmp_path_factory, worker_id)


@pytest.fixture(scope="session")
def built_tiny(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The same project built on a tiny random-weight model. Tests must copy or clone it."""
    return once("built-tiny", lambda to: build(copy_tiny_project(to), warm()), tmp_path_factory, worker_id)


def once(name: str, make: Callable[[Path], Path], factory: pytest.TempPathFactory, worker: str) -> Path:
    """The project of that name, built by one of this run's processes while the others wait."""
    own = factory.getbasetemp()
    shared = own if worker == "master" else own.parent
    project = shared / name
    with FileLock(shared / f"{name}.lock"):
        if not project.is_dir():
            project = make(factory.mktemp("e2e") / "project").rename(project)
    return project


def copy_tiny_project(to: Path) -> Path:
    copy_project(to)
    texts = [(to / f"data/seeds/{version}.jsonl").read_text(encoding="utf-8") for version in ("v1", "v2")]
    make_model(to / "tiny", texts=texts, tokens=2000, positions=4096)
    # enough steps for a kill between the first and the last, each of which takes no time
    merge_params(to, {"base": {"source": "path", "path": "tiny"}, "train": {"epochs": 6}})
    return to


def build(project: Path, variables: dict[str, str]) -> Path:
    commit(project, "Project")
    run("dvc", "repro", cwd=project, env=variables)
    commit(project, "Built")
    return project


@pytest.fixture
def project(built_tiny: Path, tmp_path: Path) -> Path:
    """A copy of the project built on the tiny model that a test may change."""
    return copy_tree(built_tiny, tmp_path / "copy")


@pytest.fixture
def real_project(built: Path, tmp_path: Path) -> Path:
    """A copy of the project built on the real model that a test may change."""
    return copy_tree(built, tmp_path / "real")
