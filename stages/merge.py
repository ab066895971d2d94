"""Builds a version: the previous version's rows, then the curated ones that are new.

In: the previous version, curated rows. Out: the version, and the ledger of duplicates.

    python stages/merge.py --previous data/versions/v1.jsonl --curated data/curated/v2.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.curating.settings import Merge
from mbegu.sections import path, section


@click.command(cls=Stage)
@path("--previous", "Rows of the version that is extended.")
@path("--curated", "Rows of the curate stage.")
@path("--out", "Rows of this version.")
@path("--ledger", "Rows dropped, and why.")
@section(Merge, "merge")
def main(previous: Path, curated: Path, out: Path, ledger: Path, merge: Merge) -> None:
    """Add curated rows to the previous version."""
    from mbegu.builds.project import LEDGER
    from mbegu.curating import advice, merging
    from mbegu.errors import BadInput
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows

    before = read_rows(previous, answered=True)
    new = read_rows(curated, answered=True)
    version, dropped = merging.merge(before, new, merge.near_duplicate)
    if not version:
        found = sorted(curated.parent.parent.glob(f"*/{out.stem}{LEDGER}"))
        ledgers = [path for path in found if path.parent != out.parent]
        raise BadInput(f"{curated}: no row is left for {out}: {advice.without_rows(out.stem, ledgers)}")
    check_balance(len(before) + len(new), len(version), dropped, merging.STAGE)
    write_lines(out, version)
    write_lines(ledger, dropped)
    click.echo(f"{len(before)} rows before, {len(version)} now, {len(dropped)} duplicates in the ledger: {out}")


if __name__ == "__main__":
    main()
