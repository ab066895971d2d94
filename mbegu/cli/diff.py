"""Compares two versions row by row, or one version with itself at another git revision.

mbegu diff v1 v2
mbegu diff v2 v2 --rev HEAD~1
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mbegu.command import Stage
from mbegu.sections import path

if TYPE_CHECKING:
    from mbegu.pages.differences import Difference


@click.command(cls=Stage)
@click.argument("old")
@click.argument("new")
@click.option("--rev", help="Git revision at which OLD is read; its data must be in the DVC cache.")
@path("--data", "Folder of the rows.", "data")
def main(old: str, new: str, rev: str | None, data: Path) -> None:
    """Show what became of the rows and answers of OLD in version NEW.

    The answers are those to the held-out questions.
    """
    from mbegu.builds import revisions
    from mbegu.builds.project import project_of
    from mbegu.pages import differences
    from mbegu.rows.jsonl import read_lines
    from mbegu.rows.ledger import read_ledger
    from mbegu.rows.row import read_rows
    from mbegu.scoring.predictions import KEYS

    now = project_of(data)
    now.check_versions(*([] if rev else [old]), new)
    if rev:
        revisions.check_version(old, now, rev)
    with revisions.at(rev, now, [now.rows(old), now.predictions(old)]) as before:
        found = differences.compare_rows(
            read_rows(before.rows(old), answered=True),
            read_rows(now.rows(new), answered=True),
            [line for path in now.ledgers(new) for line in read_ledger(path)],
        )
        answers = [before.predictions(old), now.predictions(new)]
        predictions = [[line for _, line in read_lines(path, KEYS)] if path.exists() else [] for path in answers]
    click.echo(f"{old}{' at ' + rev if rev else ''} to {new}: ", nl=False)
    _show_rows(found)
    _show_answers(*differences.changed_answers(*predictions))


def _show_rows(found: "Difference") -> None:
    from mbegu.pages.differences import word_diff
    from mbegu.rows.row import question

    click.echo(f"{len(found.added)} added, {len(found.dropped)} dropped, {len(found.edited)} edited")
    for row in found.added:
        click.secho(f"+ {row['id']}  {' '.join(question(row).split())}", fg="green")
    for row, reason in found.dropped:
        click.secho(f"- {row['id']}  {' '.join(question(row).split())}  ({reason})", fg="red")
    styles = {"same": "{}", "removed": click.style("[-{}-]", fg="red"), "added": click.style("{{+{}+}}", fg="green")}
    for row, after in found.edited:
        click.echo(f"~ {row['id']}  {' '.join(question(row).split())}")
        pieces = word_diff(row["output"], after["output"])
        click.echo("    " + "".join(styles[kind].format(text) for kind, text in pieces).replace("\n", "\n    "))


def _show_answers(changed: list[dict[str, Any]], both: int) -> None:
    if both:
        click.echo(f"Held-out answers that changed: {len(changed)} of {both}")
        for line in changed:
            click.echo(f"  {line['id']}  {' '.join(line['instruction'].split())}")
