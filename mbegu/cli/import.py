"""Adds the rows of a spreadsheet to a file of seeds, whose own lines stay as they are.

A row without an answer becomes an open question, which the teacher drafts. Columns are found by their usual names (question,
answer, context, swali, jibu, …) or named.

    mbegu import seeds.csv data/seeds/v1.jsonl --dry-run
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage, name="import")
@click.argument("sheet", metavar="SHEET", type=click.Path(path_type=Path))
@click.argument("seeds", metavar="SEEDS", type=click.Path(path_type=Path))
@click.option("--instruction", default="", help="Column that holds the question.")
@click.option("--input", "input_", default="", help="Column that holds the text that the question is about.")
@click.option("--output", default="", help="Column that holds the answer.")
@click.option("--dry-run", is_flag=True, help="Say what would be added, and add nothing.")
def main(sheet: Path, seeds: Path, instruction: str, input_: str, output: str, dry_run: bool) -> None:
    """Add the rows of SHEET, a CSV or TSV file, to SEEDS."""
    from mbegu.rows.journal import changing
    from mbegu.rows.jsonl import append_lines
    from mbegu.rows.row import read_rows
    from mbegu.sources.seeds.sheet import line_of, new_rows, read_sheet
    from mbegu.sources.sets.settings import Columns

    if seeds.suffix != ".jsonl":
        raise click.UsageError(f"{seeds}: name a file of seeds, such as data/seeds/v1.jsonl.")
    read = read_sheet(sheet, Columns(instruction, input_, output))
    rows, others = new_rows(read.rows, read_rows(seeds, answered=False) if seeds.exists() else [])
    for sentence in others:
        click.echo(f"Not added: {sentence}", err=True)
    found = ", ".join(f"{field} from {name!r}" for field, name in read.columns._asdict().items() if name)
    left_out = f"; left out: {', '.join(map(repr, read.unused))}" if read.unused else ""
    click.echo(f"Columns: {found}{left_out}")
    if rows and not dry_run:
        with changing(seeds):
            append_lines(seeds, map(line_of, rows))
    open_ = sum(not row["output"] for row in rows)
    verb = "Would add" if dry_run else "Added"
    click.echo(f"{verb} {len(rows)} of {len(read.rows)} rows, {open_} without an answer: {seeds}")
