"""Every reason is one of the constants, so that the funnel finds the bar that it belongs to."""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from mbegu.curating.funnel import funnel
from mbegu.text import reasons

ROOT = Path(__file__).parents[2]
ALL = [value for name, value in vars(reasons).items() if isinstance(value, str) and name.isupper()]
FUNNELS = sorted(path for name in ("funnel/*", "clean", "clean/*") for path in ROOT.glob(f"**/metrics/{name}.csv"))
PLACE = {"entry": 3, "Problem": 0}  # of the reason among the arguments


def worded(folder: str) -> Iterator[tuple[str, str | None]]:
    """File and line of each call that words a reason, and the constant's text; None if it uses none."""
    for path in sorted((ROOT / "mbegu" / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLACE:
                reason = node.args[PLACE[node.func.id]]
                constant = _constant(reason)
                if constant or isinstance(reason, ast.Constant | ast.JoinedStr):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", constant


def _constant(node: ast.expr) -> str | None:
    match node:
        case ast.JoinedStr(values=[first, *_]) | ast.FormattedValue(value=first):
            return _constant(first)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return getattr(reasons, name, None)
    return None


def test_every_reason_is_one_of_the_constants():
    found = list(worded("."))
    assert len(found) > 25 and [where for where, constant in found if constant not in ALL] == []


def test_the_funnel_knows_where_each_problem_of_a_reply_is_found():
    found = [said for where, said in [*worded("asking"), *worded("sources/documents")] if "chunks.py" not in where]
    assert len(set(found)) > 9
    assert [said for said in found if not said.startswith((*reasons.DRAFTED, reasons.BEYOND_CHUNKS))] == []


def test_no_reason_begins_another():
    assert len(set(ALL)) == len(ALL) > 40
    assert [(one, other) for one in ALL for other in ALL if one != other and other.startswith(one)] == []


@pytest.mark.parametrize("file", FUNNELS)
def test_committed_funnels_come_out_the_same(file):
    with open(file, encoding="utf-8", newline="") as opened:
        lines = [(name, int(count), int(left)) for name, count, left in list(csv.reader(opened))[1:]]
    ledger = [{"action": "dropped", "reason": name} for name, count, _ in lines for _ in range(count)]
    order = reasons.LOADED if Path(file).parent.name == "clean" else reasons.DRAFTED
    assert funnel(lines[-1][2], reversed(ledger), order) == lines


def test_a_changed_row_is_no_drop_and_an_unknown_reason_comes_last_under_its_own_words():
    said = [("dropped", "ሌላ ምክንያት 🙂"), ("dropped", "too long"), ("changed", "edited by review"), ("dropped", "too short")]
    ledger = [{"action": action, "reason": reason} for action, reason in said]
    assert funnel(2, ledger, reasons.DRAFTED) == [
        ("candidates", 0, 5), ("too short", 1, 4), ("too long", 1, 3), ("ሌላ ምክንያት 🙂", 1, 2), ("kept", 0, 2),
    ]  # fmt: skip
