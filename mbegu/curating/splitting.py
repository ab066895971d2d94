"""Which rows are held out: a hash of the id decides, of each row or of the first of those that belong together, so that no row
changes sides when others come or go."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mbegu.curating.clusters import named, of_one_text, with_kin
from mbegu.curating.leakage import decontaminate
from mbegu.curating.settings import Split
from mbegu.curating.twins import twins
from mbegu.rows.heldout import MARKS
from mbegu.rows.ledger import Entry, Sieved, entry
from mbegu.rows.parts import frames, with_template
from mbegu.rows.row import Row, place
from mbegu.text import reasons
from mbegu.text.draws import share

STAGE = "split"
MOST = 2  # times as many rows as are to be held out; a larger cluster of alike rows would be most of the test


def is_held_out(id_: str, fraction: float) -> bool:
    """Whether the row of this id is tested on; independent of the validation split, which hashes another text."""
    return share(f"heldout {id_}") < fraction


def split(rows: list[Row], fraction: float, names: Sequence[str] | None = None) -> tuple[list[Row], list[Row]]:
    """Rows to train on and rows to be tested on, about `fraction` of them, each in their order.

    Args:
        names: what decides on each row, the same for rows that stay together; its id if it is None.
    """
    sides: tuple[list[Row], list[Row]] = ([], [])
    for row, name in zip(rows, [row["id"] for row in rows] if names is None else names, strict=True):
        sides[is_held_out(name, fraction)].append(row)
    return sides


class Sides(NamedTuple):
    """Rows to train on and rows to be tested on, each in their order, and the ledger of those that neither can have."""

    train: list[Row]
    heldout: list[Row]
    ledger: list[Entry]
    largest: int  # rows that stay together


def draw(rows: list[Row], written: list[Row], how: Split) -> Sides:
    """Holds out about `how.fraction` of the rows, so that the curate stage refuses none of them.

    Rows of one group stay together: those of a field or rule, if `how.group` names one, else those that are made of one text. So
    do rows that would give each other away, by the tests of the curate stage; of two that ask the same, one is held out. More
    than `MOST` times as many rows as are to be held out are trained on, if they were found to belong together.

    Args:
        written: held-out rows of other making.
    """
    known = frames([*rows, *written])
    groups = named(rows, how.group) if how.group else of_one_text(rows, known)
    drawn = {name for name in groups if is_held_out(name, how.fraction)}
    names = with_kin(rows, groups, drawn, known, how.heldout_similarity, how.heldout_overlap)
    size = Counter(names)
    most = len(rows) if how.group else max(MOST * how.fraction * len(rows), 1)
    train, tested = split(rows, how.fraction, names)
    large = {row["id"] for row, name in zip(rows, names, strict=True) if size[name] > most}
    if large:
        tested = [row for row in tested if row["id"] not in large]
        held = {row["id"] for row in tested}
        train = [row for row in rows if row["id"] not in held]
    return _sifted(Sides(train, tested, [], max(size.values(), default=0)), written, how)


def _sifted(sides: Sides, written: list[Row], how: Split) -> Sides:
    """Without rows that the curate stage would refuse, by its own tests: a dropped row may have been one of a template's few."""
    known = frames([*sides.train, *written, *sides.heldout])
    drawn = {row["id"] for row in sides.heldout}
    same = {
        twin.row["id"]: entry(
            twin.row, STAGE, "dropped", f"{reasons.ASKS_HELD_OUT} {place(twin.heldout)}", twin.score, twin.heldout["id"]
        )
        for twin in twins([*written, *sides.heldout], how.heldout_similarity, known)
        if twin.row["id"] in drawn
    }
    heldout = [row for row in sides.heldout if row["id"] not in same]
    leaked: list[Entry] = []
    train = sides.train
    if sides.ledger:  # or none of them leaks, as with_kin has just found
        bounds = how.heldout_similarity, how.heldout_overlap
        train, leaked = decontaminate(train, heldout, *bounds, "drop", STAGE, known)
    if not same and not leaked:
        return sides._replace(heldout=[with_template(row, known) for row in heldout])
    return _sifted(Sides(train, heldout, [*sides.ledger, *same.values(), *leaked], sides.largest), written, how)


def drop_asked(rows: list[Row], always: list[Row]) -> Sieved[list[Row]]:
    """Drops rows that ask what a row of `always` does: held-out rows of other making."""
    tested = {row["id"]: place(row) for row in always}
    ledger = [
        entry(row, STAGE, "dropped", f"{reasons.ASKS_HELD_OUT} {tested[row['id']]}", 1.0, row["id"])
        for row in rows
        if row["id"] in tested
    ]
    return Sieved([row for row in rows if row["id"] not in tested], ledger)


def as_written(row: Row) -> Row:
    """A held-out row as a file of them holds it: without the marks that say nothing."""
    return {key: value for key, value in row.items() if key not in MARKS or value}
