"""Splits rows into those to train on and those to be tested on, by a hash of their questions.

Rows made of one text, and rows that would give each other away, stay on one side. In: rows, and hand-written held-out rows that
are always tested on. Out: training rows; held-out rows, the hand-written ones first; and the ledger of rows that ask what
another held-out one asks.

    python stages/split.py --rows data/cleaned/v1.jsonl --always data/heldout.jsonl --fraction 0.1 --train data/seeds/v1.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.curating.settings import Split
from mbegu.sections import path, section


@click.command(cls=Stage)
@path("--rows", "Rows, one for each question.")
@path("--always", "Rows that are tested on; may be an empty file.")
@path("--train", "Rows to train on.")
@path("--heldout", "Rows to be tested on.")
@path("--ledger", "Rows dropped, and why.")
@section(Split, "split")
def main(rows: Path, always: Path, train: Path, heldout: Path, ledger: Path, split: Split) -> None:
    """Split rows into training and held-out ones."""
    from mbegu.curating import splitting
    from mbegu.errors import BadInput
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows, unique_ids

    read = unique_ids(read_rows(rows, answered=True), rows)
    written = [] if always.is_file() and not always.stat().st_size else read_heldout(always)
    kept, lines = splitting.drop_asked(read, written)
    trained, drawn, alike, largest = splitting.draw(kept, written, split)
    lines += alike
    tested = [splitting.as_written(row) for row in written] + drawn
    for name, side in (("training", trained), ("held-out", tested)):
        if not side:
            together = f", and {largest} of them belong together" if largest > 1 else ""
            raise BadInput(
                f"{rows}: its {len(read)} rows leave none on the {name} side{together}; change split.fraction, "
                "name a split.group, raise curate.heldout_similarity or add rows."
            )
    check_balance(len(read), len(trained) + len(drawn), lines, splitting.STAGE)
    write_lines(train, trained)
    write_lines(heldout, tested)
    write_lines(ledger, lines)
    held = f"{len(drawn)} held out beside {len(written)} written ones"
    click.echo(f"{len(trained)} of {len(read)} rows to train on, {held}, {len(lines)} in the ledger: {train}")


if __name__ == "__main__":
    main()
