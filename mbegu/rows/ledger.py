"""The ledger: one line for every row that a stage drops or changes, and the sum that proves it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, NamedTuple

from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import Row
from mbegu.rows.shelf import Rows

Entry = dict[str, Any]
KEYS = ("id", "stage", "action", "reason", "score", "nearest", "row")


class Sieved(NamedTuple, Generic[Rows]):
    """What every filter returns, in whatever holds the rows that it was given: a list, or a shelf on the disk."""

    kept: Rows
    ledger: Rows  # a line for each row that it dropped or changed


def entry(row: Row, stage: str, action: str, reason: str, score: float | None = None, nearest: str | None = None) -> Entry:
    """A ledger line.

    Args:
        action: "dropped" or "changed"; `row` is the row as it came in.
        reason: begins with one of `mbegu.text.reasons`.
        score: what the filter measured.
        nearest: id of the row that it was measured against.
    """
    return {
        "id": row["id"],
        "stage": stage,
        "action": action,
        "reason": reason,
        "score": score if score is None else round(score, 4),
        "nearest": nearest,
        "row": row,
    }


def read_ledger(path: Path) -> list[Entry]:
    """The lines of a ledger that a stage wrote.

    Raises:
        BadInput: as `read_lines`.
    """
    return [*stream_ledger(path)]


def stream_ledger(path: Path) -> Iterator[Entry]:
    """As `read_ledger`, one line at a time; an error comes where its line is."""
    return (line for _, line in read_lines(path, KEYS))


def check_balance(rows_in: int, rows_out: int, ledger: Iterable[Entry], stage: str) -> None:
    """Checks rows in = rows out + dropped.

    Raises:
        AssertionError: the sum does not hold, which is a bug of the stage, never of the data.
    """
    dropped = sum(line["action"] == "dropped" for line in ledger)
    if rows_in != rows_out + dropped:
        raise AssertionError(f"{stage}: {rows_in} rows in, {rows_out} out, but {dropped} dropped in the ledger")
