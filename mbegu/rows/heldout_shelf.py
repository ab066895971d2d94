"""Held-out rows on the disk, for a stage that may have a million of them."""

from pathlib import Path

# its private function, as nothing may be added there only for this: a model would be asked all its questions anew
from mbegu.rows.heldout import MARKS, _heldout_row, read_heldout
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import KEYS, Row, unique_ids
from mbegu.rows.shelf import Shelf, keep, like, shelved
from mbegu.rows.written import check_written


def shelve_heldout(path: Path) -> Shelf[Row]:
    """As `read_heldout`; in memory are the ids alone, and while it reads. What is wrong with a row is said where its line is."""
    rows: Shelf[Row] = shelved(())
    written = like(rows)
    ids: set[str] = set()
    twins: set[str] = set()
    for position, (where, value) in enumerate(read_lines(path, (*KEYS, *MARKS))):
        row = _heldout_row(value, where)
        rows.append(row)
        if "origin" not in value:
            keep(written, rows, position)
        (twins if row["id"] in ids else ids).add(row["id"])
    if not rows:
        read_heldout(path)  # which says what is to be said
    check_written(written)
    if twins:
        unique_ids([row for row in rows if row["id"] in twins], path)
    return rows
