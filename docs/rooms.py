"""Writes the map of the rooms: the first line of each docstring, in the order of the page's headings.

python docs/rooms.py
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/rooms.md"
HEADING = r"(?m)^## `(mbegu.*)/`$"


def page(text: str) -> str:
    """The page with each room's lines written anew; its headings, and so the order of the rooms, are its own."""
    head, *names = re.split(HEADING, text)
    return head + "\n".join("\n".join(room(ROOT / name)) + "\n" for name in names[::2])


def room(folder: Path) -> Iterator[str]:
    """A room's lines: its heading, what it is, its modules and alcoves."""
    yield f"## `{folder.relative_to(ROOT)}/`\n"
    yield f"{said(folder / '__init__.py')}\n"
    yield from modules(folder)


def modules(folder: Path, indent: str = "") -> Iterator[str]:
    """A line a module; those of the top folder are the hall, whose rooms have headings of their own."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and path.stem != "__init__":
            yield f"{indent}- `{path.name}`: {said(path)}"
        elif (path / "__init__.py").is_file() and folder != ROOT / "mbegu":
            yield f"{indent}- `{path.name}/`: {said(path / '__init__.py')}"
            yield from modules(path, indent + "  ")


def said(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
