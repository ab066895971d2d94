"""Which files of this repository a script imports, directly or not."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]


def closure(script: str) -> set[str]:
    """Paths of the script and of every `mbegu` module that it reaches, relative to the root."""
    seen: set[str] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += [module for module in _imports(ROOT / path) if module not in seen]
    return seen


def _imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "mbegu":
                file = Path(*name.split(".")).with_suffix(".py")
                found += [file.as_posix()] if (ROOT / file).is_file() else []
    return found
