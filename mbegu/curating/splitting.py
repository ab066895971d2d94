"""Which rows are held out: a hash of each row's id decides, so that no row changes sides when others come or go."""

from typing import Any, NamedTuple

from mbegu.rows.ledger import entry
from mbegu.rows.row import Row
from mbegu.text import reasons
from mbegu.text.draws import share

STAGE = "split"


class Split(NamedTuple):
    """Rows to train on, rows to be tested on, and the ledger of those that are neither."""

    train: list[Row]
    heldout: list[Row]
    ledger: list[dict[str, Any]]


def is_held_out(id_: str, fraction: float) -> bool:
    """Whether the row of this id is tested on; independent of the validation split, which hashes another text."""
    return share(f"heldout {id_}") < fraction


def split(rows: list[Row], always: list[Row], fraction: float) -> Split:
    """Rows in their order, about `fraction` of them held out.

    Args:
        rows: one for each question.
        always: held-out rows of other making, whose questions leave `rows` for the ledger.
    """
    tested = {row["id"]: row for row in always}
    found = Split([], [], [])
    for row in rows:
        if row["id"] in tested:
            place = tested[row["id"]]["origin"].get("source", row["id"])
            found.ledger.append(entry(row, STAGE, "dropped", f"{reasons.ASKS_HELD_OUT} {place}", 1.0, row["id"]))
        elif is_held_out(row["id"], fraction):
            found.heldout.append(row)
        else:
            found.train.append(row)
    return found


def as_written(row: Row) -> Row:
    """A held-out row as a file of them holds it: without `checks` and `unanswerable` where they say nothing."""
    optional = {key: row[key] for key in ("checks", "unanswerable") if row[key]}
    return {key: value for key, value in row.items() if key not in ("checks", "unanswerable")} | optional
