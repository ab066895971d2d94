"""What is imported is declared, and installed where it is needed: in the core, or in the extra of a room."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from root import ROOT

PACKAGES = packages_distributions()  # by the name that is imported
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {  # a room, or one module
    "documents": ROOT / "mbegu/sources/documents", "app": ROOT / "mbegu/pages/app",
    "redis": ROOT / "mbegu/asking/shared_redis.py", "postgres": ROOT / "mbegu/asking/shared_postgres.py",
}  # fmt: skip
RAY = ROOT / "mbegu/cluster.py"  # the one module that imports it
PARTS = {  # which come with another package, and of the version that it pins
    "soupsieve": "beautifulsoup4", "dulwich": "dvc", "scmrepo": "dvc", "dvc-task": "dvc", "httpx2": "huggingface-hub",
    "networkx": "dvc",
}  # fmt: skip
GPU = {"triton"}  # which comes with PyTorch's builds for CUDA and is imported where there is a GPU
UNSEEN = {"gguf"}  # transformers imports it


def declared(extra: str | None = None) -> set[str]:
    lines = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    found = {canonicalize_name(Requirement(line).name) for line in lines}
    return {PARTS.get(name, name) for name in found}


def imported(paths) -> set[str]:
    """The packages that files import."""
    names: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    found = {canonicalize_name(PACKAGES[name][0]) for name in names - set(sys.stdlib_module_names) - GPU - {"mbegu"}}
    return {PARTS.get(name, name) for name in found}


def test_what_the_core_imports_is_what_it_declares():
    files = {path for folder in ("mbegu", "stages") for path in (ROOT / folder).rglob("*.py")}
    core = {path for path in files if not any(path.is_relative_to(room) for room in (*EXTRAS.values(), RAY))}
    assert imported(core) - declared() == set()
    assert declared() - imported(files - {RAY}) == UNSEEN


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_is_what_its_room_imports_beside(extra):
    place = EXTRAS[extra]
    assert imported([place] if place.suffix else place.rglob("*.py")) - declared() == declared(extra)


def test_the_extra_ray_is_what_its_module_imports_beside():
    pytest.importorskip("ray", reason="the extra ray is not installed")
    assert imported([RAY]) - declared() == declared("ray") == {"ray"}


def test_what_make_repro_installs_is_pinned_alike_for_the_tests():
    core, everything = (set((ROOT / name).read_text().splitlines()) for name in ("requirements.txt", "requirements-dev.txt"))
    assert core < everything
    assert not any("@" in line or "+" in line for line in everything)  # no path, no build of one machine
