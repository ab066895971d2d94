"""Equations of Office files in one line, such as `x = (-b ± √(b^2 - 4ac))/(2a)`.

Office Math (ECMA-376, part 1, chapter 22.1) in the linear format of Unicode Technical Note 28, less its rarer signs.
"""

from typing import Any

SPACE = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
TEXT, EQUATION = f"{SPACE}t", f"{SPACE}oMath"
SCRIPTS = {"sSup": [("^", "sup")], "sSub": [("_", "sub")], "sSubSup": [("_", "sub"), ("^", "sup")], "limLow": [("_", "lim")],
           "limUpp": [("^", "lim")]}  # fmt: skip


def linear(node: Any) -> str:
    """An equation, or a part of one, as text."""
    kind = _kind(node)
    if kind in SCRIPTS:
        return _part(node, "e") + "".join(mark + _grouped(_part(node, name)) for mark, name in SCRIPTS[kind])
    if kind == "f":
        return f"{_grouped(_part(node, 'num'))}/{_grouped(_part(node, 'den'))}"
    if kind == "rad":
        return f"{_part(node, 'deg')}√{_grouped(_part(node, 'e'))}"
    if kind == "nary":
        limits = [(mark, _part(node, name)) for mark, name in (("_", "sub"), ("^", "sup"))]
        scripts = "".join(mark + _grouped(limit) for mark, limit in limits if limit)
        return f"{_property(node, 'chr', '∫')}{scripts} {_part(node, 'e')}"
    if kind == "d":
        inner = _property(node, "sepChr", "|").join(linear(child) for child in node if _kind(child) == "e")
        return f"{_property(node, 'begChr', '(')}{inner}{_property(node, 'endChr', ')')}"
    if kind == "func":
        return f"{_part(node, 'fName')} {_part(node, 'e')}"
    if kind == "acc":
        return _part(node, "e") + _property(node, "chr", "\u0302")
    if kind in ("m", "eqArr"):
        return "; ".join(_row(child) for child in node if _kind(child) in ("mr", "e"))
    return "".join(child.text or "" if child.tag == TEXT else linear(child) for child in node if not _kind(child).endswith("Pr"))


def _row(node: Any) -> str:
    return ", ".join(linear(child) for child in node if _kind(child) == "e") if _kind(node) == "mr" else linear(node)


def _kind(node: Any) -> str:
    return str(node.tag).removeprefix(SPACE)


def _part(node: Any, name: str) -> str:
    return "".join(linear(child) for child in node if _kind(child) == name)


def _property(node: Any, name: str, otherwise: str) -> str:
    """A sign that the node names; without a name, the usual one."""
    for found in node.iterfind(f"./{SPACE}{_kind(node)}Pr/{SPACE}{name}"):
        return str(found.get(f"{SPACE}val", ""))
    return otherwise


def _grouped(text: str) -> str:
    return text if text.isalnum() or len(text) < 2 else f"({text})"
