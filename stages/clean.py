"""Mends and sieves a loaded set: broken characters, pasted templates, poor answers, exact and near duplicates.

In: rows of the load stage and its ledger. Out: the rows that stay, and the ledger of the rows dropped or changed.

    python stages/clean.py --loaded data/loaded/v1.jsonl --dropped data/loaded/v1.ledger.jsonl --out data/cleaned/v1.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.curating.settings import CLEAN, Clean
from mbegu.sections import FILE, path, section


@click.command(cls=Stage)
@path("--loaded", "Rows of the load stage.")
@path("--dropped", "Ledger of the load stage.")
@path("--out", "Rows that stay.")
@path("--ledger", "Rows dropped or changed, and why.")
@path("--funnel", "Rows left after each filter, as csv.")
@path("--metrics", "The same counts as json.")
@click.option("--executor", type=FILE, help="params.yaml whose section executor says where this runs; here without.")
@section(Clean, "clean")
def main(
    loaded: Path, dropped: Path, out: Path, ledger: Path, funnel: Path, metrics: Path, executor: Path | None, clean: Clean
) -> None:  # fmt: skip
    """Mend and sieve a loaded set."""
    from itertools import chain

    from mbegu.curating import cleaning, duplicates, quality
    from mbegu.curating.funnel import of_set, summary
    from mbegu.errors import BadInput
    from mbegu.executors import mapping
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance, stream_ledger
    from mbegu.rows.row import stream_rows
    from mbegu.rows.shelf import joined, shelved
    from mbegu.rows.tables import write_csv, write_json

    quality.check_bounds(clean, CLEAN)
    read = shelved(stream_rows(loaded, answered=True))
    with mapping(executor) as mapped:
        kept, repaired = cleaning.repair(read, mapped)
        kept, poor = quality.check_set(kept, clean, mapped)
        kept, same = duplicates.drop_duplicates(kept)
        kept, near = duplicates.drop_near_duplicates(kept, clean.near_duplicate, clean.permutations, mapped)
    lines = joined([repaired, poor, same, near])
    if not kept:
        raise BadInput(f"{loaded}: none of its {len(read)} rows is left; the last went as {lines[-1]['reason']}. Widen clean.")
    check_balance(len(read), len(kept), lines, CLEAN)
    write_lines(out, kept)
    write_lines(ledger, lines)
    survivors = of_set(kept, chain(stream_ledger(dropped), lines))
    write_csv(funnel, ("filter", "dropped", "left"), survivors)
    mended = sum("repaired" in row["origin"] for row in kept)
    write_json(metrics, summary(survivors, repaired=mended))
    click.echo(f"Kept {len(kept)} of {len(read)} rows, {mended} repaired, {len(lines)} lines in the ledger: {out}")


if __name__ == "__main__":
    main()
