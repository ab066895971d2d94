"""Splits rows into those to train on and those to be tested on, by a hash of each row's question.

In: rows, and hand-written held-out rows that are always tested on. Out: training rows; held-out rows, the hand-written ones
first; and the ledger of rows that ask what a hand-written one asks.

    python stages/split.py --rows data/cleaned/v1.jsonl --always data/heldout.jsonl --fraction 0.1 --train data/seeds/v1.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--rows", "path", type=click.Path(path_type=Path), required=True, help="Rows, one for each question.")
@click.option("--always", type=click.Path(path_type=Path), required=True, help="Rows that are tested on; may be an empty file.")
@click.option("--train", type=click.Path(path_type=Path), required=True, help="Rows to train on.")
@click.option("--heldout", type=click.Path(path_type=Path), required=True, help="Rows to be tested on.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Rows dropped, and why.")
@click.option(
    "--fraction", type=click.FloatRange(0, 1, max_open=True), required=True, help="Share of the rows held out, on average."
)
def main(path: Path, always: Path, train: Path, heldout: Path, ledger: Path, fraction: float) -> None:
    """Split rows into training and held-out ones."""
    from mbegu.curating import splitting
    from mbegu.errors import BadInput
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows, unique_ids

    read = unique_ids(read_rows(path, answered=True), path)
    written = [] if always.is_file() and not always.stat().st_size else read_heldout(always)
    found = splitting.split(read, written, fraction)
    tested = [splitting.as_written(row) for row in written] + found.heldout
    for name, side in (("training", found.train), ("held-out", tested)):
        if not side:
            raise BadInput(f"{path}: its {len(read)} rows leave none on the {name} side; change split.fraction or add rows.")
    check_balance(len(read), len(found.train) + len(found.heldout), found.ledger, splitting.STAGE)
    write_lines(train, found.train)
    write_lines(heldout, tested)
    write_lines(ledger, found.ledger)
    drawn = f"{len(found.heldout)} held out beside {len(written)} written ones"
    click.echo(f"{len(found.train)} of {len(read)} rows to train on, {drawn}, {len(found.ledger)} in the ledger: {train}")


if __name__ == "__main__":
    main()
