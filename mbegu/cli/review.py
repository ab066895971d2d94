"""Reviews machine-written rows in the terminal: accept, edit, reject, skip, undo, quit.

In: data/expanded/VERSION.jsonl. Out: data/reviews/VERSION.jsonl, written after each decision; commit it.

    mbegu review v3
"""

from pathlib import Path
from typing import Any

import click

from mbegu.command import Stage
from mbegu.sections import path

KEYS = {"a": "accept", "e": "edit", "r": "reject", "s": "skip", "u": "undo", "q": "quit"}
Made = list[dict[str, Any] | None]  # this session's decisions, None for a skipped row


@click.command(cls=Stage)
@click.argument("version")
@path("--data", "Folder of the rows.", "data")
@click.option("--reviewer", help="Name in the decisions; by default git's user.name.")
def main(version: str, data: Path, reviewer: str | None) -> None:
    """Decide on the pending rows of VERSION, one by one."""
    from mbegu.builds.project import project_of
    from mbegu.rows.reviews import pending
    from mbegu.rows.row import read_rows

    project = project_of(data)
    project.check_versions(version)
    path, rows = project.reviews(version), read_rows(project.drafts(version), answered=False)
    name = reviewer or _git_name()
    waiting = pending(rows, path)
    if not waiting:
        click.echo(f"Nothing to review in {version}: every machine-written row has its decision.")
    made = _session(waiting, rows, path, name)
    skipped = made.count(None)
    click.echo(f"{len(made) - skipped} decided, {skipped} skipped, {len(waiting) - len(made)} left: {path}")


def _git_name() -> str:
    from mbegu.builds.git import git

    name = git("config", "user.name")
    if not name:
        raise click.UsageError("git knows no name for you; set it with `git config user.name`, or give --reviewer.")
    return name


def _session(waiting: list[dict[str, Any]], rows: list[dict[str, Any]], path: Path, reviewer: str) -> Made:
    from mbegu.rows.reviews import append, nearest_of

    made: Made = []
    while len(made) < len(waiting):
        row = waiting[len(made)]
        _show(row, nearest_of(row, rows), len(made) + 1, len(waiting))
        choice = click.prompt("[a]ccept [e]dit [r]eject [s]kip [u]ndo [q]uit", type=click.Choice(list(KEYS)), show_choices=False)
        if choice == "q":
            break
        if choice == "u":
            _undo(made, path)
        elif choice == "s":
            made.append(None)
        elif line := _decide(choice, row, reviewer):  # else the row is shown again
            append(path, line)
            made.append(line)
    return made


def _show(row: dict[str, Any], near: tuple[dict[str, Any], float] | None, number: int, count: int) -> None:
    click.secho(f"\n{number} of {count}   {row['id']}", bold=True)
    for name, text in (("Question", row["instruction"]), ("Input", row["input"]), ("Draft", row["output"])):
        if text:
            click.echo(f"{click.style(name + ':', fg='cyan')} {text}")
    if near is not None:
        click.secho(f"Nearest ({near[1]:.2f}): {near[0]['instruction']}", dim=True)


def _decide(choice: str, row: dict[str, Any], reviewer: str) -> dict[str, Any] | None:
    """The decision to write, or None for an edit that was not saved."""
    from mbegu.rows.reviews import decision

    if choice == "a":
        return decision(row, "accept", reviewer)
    if choice == "r":
        return decision(row, "reject", reviewer, reason=click.prompt("Reason"))
    edited = (click.edit(row["output"], extension=".txt") or "").strip()
    if not edited or edited == row["output"]:
        click.echo("Not changed; accept it, reject it or edit it.")
        return None
    return decision(row, "edit", reviewer, output=edited)


def _undo(made: Made, path: Path) -> None:
    """Takes back the last decision of this session."""
    from mbegu.rows.reviews import undo

    if not made:
        click.echo("Nothing to undo in this session.")
    elif line := made.pop():
        undo(path, line)
