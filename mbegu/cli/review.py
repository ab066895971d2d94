"""Reviews machine-written rows in the terminal: accept, edit, reject, skip, undo, quit.

In: data/expanded/VERSION.jsonl. Out: data/reviews/VERSION.jsonl, written after each decision; commit it.

    mbegu review v3
"""

from pathlib import Path
from typing import Any, NamedTuple

import click

from mbegu.command import Stage
from mbegu.sections import path

KEYS = {"a": "accept", "e": "edit", "r": "reject", "s": "skip", "u": "undo", "q": "quit"}
Rows = list[dict[str, Any]]


class Sitting(NamedTuple):
    """A reviewer before the drafts of a version."""

    rows: Rows  # every draft
    path: Path  # of the decisions
    reviewer: str
    todo: Rows  # not looked at yet
    seen: list[tuple[dict[str, Any], bool]]  # a row, and whether it was decided on and not skipped


@click.command(cls=Stage)
@click.argument("version")
@path("--data", "Folder of the rows.", "data")
@click.option("--reviewer", help="Name in the decisions; by default git's user.name.")
@click.option("--undo", is_flag=True, help="First undo your last decision, also one of an earlier run.")
def main(version: str, data: Path, reviewer: str | None, undo: bool) -> None:
    """Decide on the pending rows of VERSION, one by one."""
    from mbegu.builds.project import project_of
    from mbegu.rows.reviews import pending
    from mbegu.rows.row import read_rows

    project = project_of(data)
    project.check_versions(version)
    path, rows = project.reviews(version), read_rows(project.drafts(version), answered=False)
    sitting = Sitting(rows, path, reviewer or _git_name(), pending(rows, path), [])
    if undo:
        _undo(sitting)
    if not sitting.todo:
        click.echo(f"Nothing to review in {version}: every machine-written row has its decision.")
    _review(sitting)
    decided, left = sum(done for _, done in sitting.seen), len(sitting.todo)
    skipped = len(sitting.seen) - decided
    click.echo(f"{decided} decided, {skipped} skipped, {left} left: {path}")
    click.echo(f"Next: {_next(version, skipped + left)}", err=True)


def _next(version: str, waiting: int) -> str:
    if waiting:
        return f"`mbegu review {version}` again, {waiting} without a decision yet."
    return f"`dvc repro`, and commit the decisions; `mbegu review {version} --undo` if the last one was a slip."


def _git_name() -> str:
    from mbegu.builds.git import git

    name = git("config", "user.name")
    if not name:
        raise click.UsageError("git knows no name for you; set it with `git config user.name`, or give --reviewer.")
    return name


def _review(sitting: Sitting) -> None:
    from mbegu.rows.reviews import append, nearest_of

    todo, seen = sitting.todo, sitting.seen
    while todo:
        row = todo[0]
        _show(row, nearest_of(row, sitting.rows), len(seen) + 1, len(seen) + len(todo))
        choice = click.prompt("[a]ccept [e]dit [r]eject [s]kip [u]ndo [q]uit", type=click.Choice(list(KEYS)), show_choices=False)
        if choice == "q":
            break
        if choice == "u":
            _undo(sitting)
        elif choice == "s":
            seen.append((todo.pop(0), False))
        elif line := _decide(choice, row, sitting.reviewer):  # else the row is shown again
            append(sitting.path, line)
            seen.append((todo.pop(0), True))


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
    from mbegu.text.filters import empty

    if choice == "a" and empty(row["output"]):
        click.echo("The teacher wrote no word; edit the draft or reject it.")
        return None
    if choice == "a":
        return decision(row, "accept", reviewer)
    if choice == "r":
        return decision(row, "reject", reviewer, reason=click.prompt("Reason, if any", default="", show_default=False))
    edited = (click.edit(row["output"], extension=".txt") or "").strip()
    if not edited or edited == row["output"]:
        click.echo("Not changed; accept it, reject it or edit it.")
        return None
    return decision(row, "edit", reviewer, output=edited)


def _undo(sitting: Sitting) -> None:
    """Shows the last row again: a skipped one, or the one that this reviewer decided on last, now or in an earlier run."""
    from mbegu.rows.reviews import newest, undo

    if sitting.seen and not sitting.seen[-1][1]:
        sitting.todo.insert(0, sitting.seen.pop()[0])
    elif found := newest(sitting.path, sitting.reviewer, sitting.rows):
        undo(sitting.path, found[0])
        del sitting.seen[-1:]
        sitting.todo.insert(0, found[1])
    else:
        click.echo(f"Nothing to undo: {sitting.path} holds no decision of {sitting.reviewer} on these drafts.")
