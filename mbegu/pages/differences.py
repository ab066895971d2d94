"""Two versions row by row, and the held-out answers that changed with them."""

import difflib
from typing import Any, NamedTuple

import regex

from mbegu.rows.row import Row

PIECES = regex.compile(r"\p{Han}|[\p{L}\p{M}\p{N}]+|\s+|.", regex.DOTALL)


class Difference(NamedTuple):
    """Rows by what became of them; a row is the same if its id is."""

    added: list[Row]
    dropped: list[tuple[Row, str]]  # with the reason
    edited: list[tuple[Row, Row]]  # before and after, in answer or input


def compare_rows(old: list[Row], new: list[Row], ledger: list[dict[str, Any]]) -> Difference:
    """What became of `old` in `new`.

    Args:
        ledger: lines that tell why a row is not in `new`; a row in none of them is gone from its source.
    """
    before, after = {row["id"]: row for row in old}, {row["id"]: row for row in new}
    reasons = {line["id"]: f"{line['stage']}: {line['reason']}" for line in ledger if line["action"] == "dropped"}
    return Difference(
        [row for id_, row in after.items() if id_ not in before],
        [
            (row, reasons.get(id_, "no longer in the seeds or the previous version"))
            for id_, row in before.items()
            if id_ not in after
        ],
        [(row, after[id_]) for id_, row in before.items() if id_ in after and row["output"] != after[id_]["output"]],
    )


def word_diff(old: str, new: str) -> list[tuple[str, str]]:
    """("same", "removed" or "added", text) pieces that spell `old` and `new`, cut between words of any script."""
    first, second = PIECES.findall(old), PIECES.findall(new)
    pieces = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(first[i:j])))
        else:
            pieces += [("removed", "".join(first[i:j]))] if j > i else []
            pieces += [("added", "".join(second[k:m]))] if m > k else []
    return pieces


def changed_answers(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Held-out rows that are answered differently (in the order of `new`), and how many rows both have answered."""
    before = {row["id"]: row["prediction"] for row in old}
    both = [row for row in new if row["id"] in before]
    return [row for row in both if row["prediction"] != before[row["id"]]], len(both)
