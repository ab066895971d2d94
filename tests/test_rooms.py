"""The order of the rooms: a module imports only from those before its own, wherever the import stands."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from root import ROOT

from mbegu.builds.fingerprints import HALL

ROOMS = (
    "sections", "text", "metrics", "rows", "models", "retrieval", "asking", "curating", "sources", "training", "scoring",
    "builds", "pages", "sharing", "cli",
)  # fmt: skip
DOORS = {"mbegu/__init__.py", "mbegu/__main__.py"}
PATHS = [path for folder in ("mbegu", "stages") for path in sorted((ROOT / folder).rglob("*.py"))]
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in PATHS}
LIBRARY = [name for name in TREES if name.startswith("mbegu/") and name not in DOORS]


def room(module: str) -> int:
    """The place of mbegu.ROOM in the order; the hall is before them all."""
    first = module.split(".")[1]
    return -1 if first in HALL else ROOMS.index(first)


def imports(name: str) -> Iterator[str]:
    """Every module that a file imports, by its full name, also inside functions and for types only."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}:{node.lineno}: a relative import; write its full name, as everywhere here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def users(library: str) -> list[str]:
    return [name for name in LIBRARY if library in {module.split(".")[0] for module in imports(name)}]


def test_every_module_stands_in_the_hall_or_in_a_room():
    assert {Path(name).parts[1].removesuffix(".py") for name in LIBRARY} == {*HALL, *ROOMS}


def test_a_room_imports_only_from_itself_and_those_before_it_and_the_hall_from_none():
    wrong = [
        f"{name} imports {module}"
        for name in LIBRARY
        for module in imports(name)
        if module.startswith("mbegu.") and room(module) > room(name.removesuffix(".py").replace("/", "."))
    ]
    assert not wrong, "\n".join(wrong)


def test_only_builds_imports_dvc():
    wrong = [name for name in users("dvc") if not name.startswith("mbegu/builds/")]
    assert not wrong, "\n".join(wrong)


def test_only_commands_and_sections_know_click():
    known = {"mbegu/command.py", "mbegu/sections.py"}
    wrong = [name for name in users("click") if name not in known and not name.endswith("/settings.py") and "/cli/" not in name]
    assert not wrong, "\n".join(wrong)


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = function.args
    named = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs) if one.arg not in ("self", "cls")]
    return len(named) + (given.vararg is not None) + (given.kwarg is not None)


@pytest.mark.parametrize(("folder", "limit"), [("stages/", 10), ("mbegu/cli/", 10), ("mbegu/", 7)])
def test_values_that_travel_together_have_a_name(folder, limit):
    wrong = [
        f"{name}:{node.lineno}: {node.name} takes {parameters(node)} values, at most {limit}; name those that travel together"
        for name, tree in TREES.items()
        if name.startswith(folder) and (folder != "mbegu/" or "/cli/" not in name)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and parameters(node) > limit
    ]
    assert not wrong, "\n".join(wrong)
