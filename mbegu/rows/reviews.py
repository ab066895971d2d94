"""Human decisions on drafted rows: read, made, undone; each on disk before the next."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.journal import changing, refuse_conflict, remove_line
from mbegu.rows.jsonl import append_lines, read_lines
from mbegu.rows.nearest import Match, nearest, pool
from mbegu.rows.row import MACHINE, Row, id_field, more, row_id, text_field
from mbegu.rows.written import fault, refuse
from mbegu.text.filters import empty

KEYS = ("id", "decision", "instruction", "input", "draft", "output", "reason", "reviewer", "again")
DECISIONS = ("accept", "edit", "reject")


def read_reviews(path: Path) -> dict[str, Row]:
    """Decisions by row id, each with the line it stands on as `source`; none if there is no such file.

    Of two decisions on a row the later counts if it says `"again": true`, as one does that was made in knowledge of the other.

    Raises:
        BadInput: a merge left to its user, an unknown decision, two on one row without that (all such are named), an edit without
            its answer, an accept with one, an answer that is surely not what was meant (`mbegu.rows.written`).
    """
    refuse_conflict(path)
    reviews: dict[str, Row] = {}
    again = []
    for where, value in read_lines(path, KEYS) if path.exists() else ():
        id_, review = _parse(value, where)
        if id_ in reviews and not _flag(value, "again", where):
            again.append((where, reviews[id_]["source"]))
        else:
            reviews[id_] = review
    if again:
        raise BadInput(f"{again[0][0]}: decides again on the row of {again[0][1]}; keep one decision{more(again[1:])}.")
    refuse(f"{one['source']}: 'output' {found}" for one in reviews.values() if (found := fault(one["output"])))
    return reviews


def _parse(value: Row, where: str) -> tuple[str, Row]:
    """The id of a row, and the decision on it."""
    kind = text_field(value, "decision", where, required=True)
    if kind not in DECISIONS:
        raise BadInput(f"{where}: decision {kind!r}; expected one of {', '.join(DECISIONS)}.")
    instruction = text_field(value, "instruction", where, required=True)
    input_ = text_field(value, "input", where, required=False)
    id_ = id_field(value, instruction, input_, where)
    output = text_field(value, "output", where, required=kind == "edit")
    if kind != "edit" and output:
        raise BadInput(f'{where}: {kind!r} with an output; write decision "edit" or remove the output.')
    reason = text_field(value, "reason", where, required=False)
    reviewer = text_field(value, "reviewer", where, required=False)
    return id_, {"decision": kind, "output": output, "reason": reason, "reviewer": reviewer, "source": where}


def _flag(value: Row, key: str, where: str) -> bool:
    found = value.get(key, False)
    if not isinstance(found, bool):
        raise BadInput(f"{where}: {key!r} is {found!r}; expected true, or nothing.")
    return found


def pending(rows: list[Row], path: Path) -> list[Row]:
    """Machine-written rows without a decision, in their order.

    Raises:
        BadInput: the file of decisions can't be read.
    """
    return undecided(rows, read_reviews(path))


def undecided(rows: list[Row], reviews: dict[str, Row]) -> list[Row]:
    """Machine-written rows that none of the decisions is on, in their order."""
    return [row for row in rows if row["origin"]["kind"] in MACHINE and row["id"] not in reviews]


def nearest_of(row: Row, rows: list[Row]) -> Match | None:
    """The other row whose question is most like this one's."""
    others = [other for other in rows if other["id"] != row["id"]]
    return nearest(row, others, pool(others))


def decision(row: Row, kind: str, reviewer: str, output: str = "", reason: str = "") -> dict[str, Any]:
    """A line of a reviews file. The draft stays in it: with an edited answer it is a preference pair.

    Args:
        kind: "accept", "edit" (with `output`) or "reject" (with or without `reason`).
    """
    line = {"id": row["id"], "decision": kind, "instruction": row["instruction"], "input": row["input"], "draft": row["output"]}
    return {**line, **({"output": output} if output else {}), **({"reason": reason} if reason else {}), "reviewer": reviewer}


def objection(row: Row, kind: str, output: str) -> str | None:
    """Why a decision can't be made so, as a sentence for the reviewer."""
    if kind == "accept" and empty(row["output"]):
        return "The teacher wrote no word; edit the draft or reject it."
    if kind == "edit" and (empty(output) or output == row["output"]):
        return "Not changed; accept it, reject it or edit it."
    found = fault(output) if kind == "edit" else None
    return f"'output' {found}." if found else None


def progress(rows: list[Row], reviews: dict[str, Row]) -> dict[str, int]:
    """How many of the machine-written rows have which decision, and how many are `waiting` for one."""
    made = [reviews[row["id"]]["decision"] for row in rows if row["id"] in reviews]
    return {**{kind: made.count(kind) for kind in DECISIONS}, "waiting": len(undecided(rows, reviews))}


def append(path: Path, line: dict[str, Any]) -> dict[str, Any]:
    """Adds a decision to the file, which is replaced whole: a crash leaves it as it was before. It may be the later one on a row
    that somebody else decided on meanwhile.

    Returns:
        The line as it stands in the file.

    Raises:
        BadInput: as `read_reviews`, or a text that can't be written; the file stays as it is.
    """
    for key in ("output", "reason", "reviewer"):
        text_field(line, key, "The decision", required=False)
    with changing(path):
        again = {"again": True} if line["id"] in read_reviews(path) else {}
        append_lines(path, [line | again])
    return line | again


def undo(path: Path, line: dict[str, Any]) -> bool:
    """Removes a decision from the file again; False if it is not there any more.

    Raises:
        BadInput: as `read_reviews`; the file stays as it is.
    """
    with changing(path):
        read_reviews(path)
        return remove_line(path, line, KEYS)


def newest(path: Path, reviewer: str, rows: list[Row], first: Sequence[Row] = ()) -> tuple[dict[str, Any], Row] | None:
    """The reviewer's newest decision on one of `rows`, of whatever session, and that row; decisions are appended.

    Args:
        first: lines that come before all others, the newest last: several people may have one name.

    Raises:
        BadInput: as `read_reviews`.
    """
    read_reviews(path)
    drafts = {row["id"]: row for row in rows}
    written = [line for _, line in read_lines(path, KEYS)] if path.exists() else []
    for line in [*reversed(first), *reversed([line for line in written if line.get("reviewer") == reviewer])]:
        if row := drafts.get(row_id(line["instruction"], line.get("input", ""))):
            return line, row
    return None
