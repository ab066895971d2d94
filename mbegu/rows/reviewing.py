"""A reviewer's session: what is pending, one decision at a time, each on disk before the next."""

from pathlib import Path
from typing import Any

from mbegu.curating.acceptance import MACHINE
from mbegu.rows.jsonl import read_lines, write_lines
from mbegu.rows.nearest import Match, nearest, pool
from mbegu.rows.reviews import KEYS, read_reviews
from mbegu.rows.row import Row


def pending(rows: list[Row], path: Path) -> list[Row]:
    """Machine-written rows without a decision, in their order.

    Raises:
        BadInput: the file of decisions can't be read.
    """
    decided = read_reviews(path)
    return [row for row in rows if row["origin"]["kind"] in MACHINE and row["id"] not in decided]


def nearest_of(row: Row, rows: list[Row]) -> Match | None:
    """The other row whose question is most like this one's."""
    others = [other for other in rows if other["id"] != row["id"]]
    return nearest(row, others, pool(others))


def decision(row: Row, kind: str, reviewer: str, output: str = "", reason: str = "") -> dict[str, Any]:
    """A line of a reviews file. The draft stays in it: with an edited answer it makes a preference pair.

    Args:
        kind: "accept", "edit" (with `output`) or "reject" (with `reason`).
    """
    line = {"id": row["id"], "decision": kind, "instruction": row["instruction"], "input": row["input"], "draft": row["output"]}
    return {**line, **({"output": output} if output else {}), **({"reason": reason} if reason else {}), "reviewer": reviewer}


def append(path: Path, line: dict[str, Any]) -> None:
    """Adds a decision to the file, which is replaced whole: a crash leaves it as it was before."""
    write_lines(path, [*_lines(path), line])


def undo(path: Path, line: dict[str, Any]) -> None:
    """Takes a decision of this session out of the file again."""
    write_lines(path, [other for other in _lines(path) if other["id"] != line["id"]])


def _lines(path: Path) -> list[dict[str, Any]]:
    return [line for _, line in read_lines(path, KEYS)] if path.exists() else []
