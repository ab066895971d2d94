"""Loads an instruction set that others made: JSON, JSON Lines, a table, parquet, a folder of such files, or a set on a hub.

In: the set, and what it calls instruction, input and output. Out: its first rows, a conversation as a row for each answer with
the turns before it as input, and the ledger of records that are none and of files that are not read.

    python stages/load.py --source data/raw/garden.json --format auto --rows 0 --split train --out data/loaded/v1.jsonl
    python stages/load.py --source tatsu-lab/alpaca --format hub --rows 1000 --split train --out data/loaded/v1.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import FILE, path, section
from mbegu.sources.sets.settings import Load


@click.command(cls=Stage)
@section(Load, "load")
@path("--out", "Rows.")
@path("--ledger", "Records dropped or changed, and why.")
@click.option("--executor", type=FILE, help="params.yaml whose section executor says where this runs; here without.")
def main(load: Load, out: Path, ledger: Path, executor: Path | None) -> None:
    """Load an instruction set."""
    import logging
    from collections import Counter
    from collections.abc import Iterator

    from mbegu.executors import mapping
    from mbegu.quiet import quiet
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import Entry
    from mbegu.rows.row import Row
    from mbegu.rows.shelf import Shelf, shelved
    from mbegu.sources.sets import columns, records
    from mbegu.sources.sets.faults import bounded, limited

    quiet()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # five notices of retries; our own sentence follows
    lines: Shelf[Entry] = shelved(())
    filled, counts = Counter[str](), Counter[str]()  # columns that hold something; records
    notes = []

    def rows() -> Iterator[Row]:
        found = columns.noted(records.read(load.source, load.format, load.split), filled)
        found = bounded(limited(found, load.rows), load.unreadable)
        with mapping(executor) as mapped:
            made = columns.made(found, load.columns, load.context, load.tool_calls, mapped)
            yield from columns.streamed(load.source, made, load.columns, lines, counts)
        notes.append(columns.left_out(filled, load.columns, load.context))  # which may refuse; so before the file is whole

    write_lines(out, rows())
    write_lines(ledger, lines)
    for line in lines:
        if line["action"] == "left out":
            click.echo(f"Note: {line['row']['origin']['source']}: {line['reason']}", err=True)
    for note in filter(None, notes):
        click.echo(f"Note: {load.source}: {note}", err=True)
    click.echo(f"Loaded {counts['kept']} of {counts['read']} records, {len(lines)} lines in the ledger: {out}")


if __name__ == "__main__":
    main()
