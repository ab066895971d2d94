"""Gives the memo of a teacher's answers to a colleague, or adds theirs; an export is also what `recorded` replays.

mbegu memo export answers.jsonl
mbegu memo import answers.jsonl
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import FILE


@click.command(cls=Stage)
@click.argument("action", type=click.Choice(["export", "import"]))
@click.argument("file", type=FILE)
@click.option("--memo", default=".mbegu/memo", show_default=True, help="Its folder, or its address (docs/scale.md).")
def main(action: str, file: Path, memo: str) -> None:
    """Write the memo's answers to FILE, or add those of FILE to it.

    Each with its request.
    """
    from mbegu.asking.memo import export_lines, import_lines, open_memo
    from mbegu.rows.jsonl import read_lines, write_lines

    with open_memo(memo) as known:
        if action == "export":
            lines = list(export_lines(known))
            write_lines(file, lines)
            click.echo(f"Exported {len(lines)} answers: {file}")
        else:
            new, old = import_lines(known, read_lines(file, ("request", "answer")))
            click.echo(f"Imported {new} answers, {old} were known: {memo}")
