"""Which rows are held out: a hash of each row's id decides, so that no row changes sides when others come or go."""

from mbegu.rows.heldout import MARKS
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import Row
from mbegu.text import reasons
from mbegu.text.draws import share

STAGE = "split"


def is_held_out(id_: str, fraction: float) -> bool:
    """Whether the row of this id is tested on; independent of the validation split, which hashes another text."""
    return share(f"heldout {id_}") < fraction


def split(rows: list[Row], fraction: float) -> tuple[list[Row], list[Row]]:
    """Rows to train on and rows to be tested on, about `fraction` of them, each in their order."""
    sides: tuple[list[Row], list[Row]] = ([], [])
    for row in rows:
        sides[is_held_out(row["id"], fraction)].append(row)
    return sides


def drop_asked(rows: list[Row], always: list[Row]) -> Sieved:
    """Drops rows that ask what a row of `always` does: held-out rows of other making."""
    tested = {row["id"]: row["origin"].get("source", row["id"]) for row in always}
    ledger = [
        entry(row, STAGE, "dropped", f"{reasons.ASKS_HELD_OUT} {tested[row['id']]}", 1.0, row["id"])
        for row in rows
        if row["id"] in tested
    ]
    return Sieved([row for row in rows if row["id"] not in tested], ledger)


def as_written(row: Row) -> Row:
    """A held-out row as a file of them holds it: without the marks that say nothing."""
    return {key: value for key, value in row.items() if key not in MARKS or value}
