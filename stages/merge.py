"""Builds a version: the previous version's rows, then the curated ones that are new.

In: the previous version, curated rows. Out: the version, and the ledger of duplicates.

    python stages/merge.py --previous data/versions/v1.jsonl --curated data/curated/v2.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--previous", type=click.Path(path_type=Path), required=True, help="Rows of the version that is extended.")
@click.option("--curated", type=click.Path(path_type=Path), required=True, help="Rows of the curate stage.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Rows of this version.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Rows dropped, and why.")
@click.option("--near_duplicate", type=click.FloatRange(0, 1), required=True, help="ROUGE-L F1 above this is a duplicate.")
def main(previous: Path, curated: Path, out: Path, ledger: Path, near_duplicate: float) -> None:
    """Add curated rows to the previous version."""
    from mbegu.curating import merging
    from mbegu.errors import BadInput
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows

    before = read_rows(previous, answered=True)
    new = read_rows(curated, answered=True)
    version, dropped = merging.merge(before, new, near_duplicate)
    if not version:
        raise BadInput(f"{curated}: no row is left for {out}; write seeds with answers, or review the drafts.")
    check_balance(len(before) + len(new), len(version), dropped, merging.STAGE)
    write_lines(out, version)
    write_lines(ledger, dropped)
    click.echo(f"{len(before)} rows before, {len(version)} now, {len(dropped)} duplicates in the ledger: {out}")


if __name__ == "__main__":
    main()
