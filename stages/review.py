"""Reviews machine-written rows in the terminal: accept, edit, reject, skip, undo, quit.

In: data/expanded/VERSION.jsonl. Out: data/reviews/VERSION.jsonl, written after each decision; commit it.

    python stages/review.py v3
"""

from pathlib import Path
from typing import Any

import click

from mbegu.command import Stage

KEYS = {"a": "accept", "e": "edit", "r": "reject", "s": "skip", "u": "undo", "q": "quit"}


@click.command(cls=Stage)
@click.argument("version")
@click.option("--data", type=click.Path(path_type=Path), default="data", show_default=True, help="Folder of the rows.")
@click.option("--reviewer", help="Name in the decisions; by default git's user.name.")
def main(version: str, data: Path, reviewer: str | None) -> None:
    """Decide on the pending rows of VERSION, one by one."""
    from mbegu.rows import reviews
    from mbegu.rows.row import read_rows

    path = data / f"reviews/{version}.jsonl"
    rows = read_rows(data / f"expanded/{version}.jsonl", answered=False)
    name = reviewer or _git_name()
    waiting = reviews.pending(rows, path)
    made: list[dict[str, Any] | None] = []  # this session's decisions, None for a skipped row
    if not waiting:
        click.echo(f"Nothing to review in {version}: every machine-written row has its decision.")
    position = 0
    while position < len(waiting):
        row = waiting[position]
        _show(row, reviews.nearest_of(row, rows), position + 1, len(waiting))
        choice = click.prompt("[a]ccept [e]dit [r]eject [s]kip [u]ndo [q]uit", type=click.Choice(list(KEYS)), show_choices=False)
        if choice == "q":
            break
        if choice == "u":
            position = _undo(made, path, position)
            continue
        line = None if choice == "s" else _decide(choice, row, name)
        if line is None and choice != "s":
            continue  # an edit that was not saved: the row is shown again
        if line is not None:
            reviews.append(path, line)
        made.append(line)
        position += 1
    decided = [line for line in made if line is not None]
    skipped = len(made) - len(decided)
    click.echo(f"{len(decided)} decided, {skipped} skipped, {len(waiting) - position} left: {path}")


def _git_name() -> str:
    import subprocess

    done = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        raise click.UsageError("git knows no name for you; set it with `git config user.name`, or give --reviewer.")
    return done.stdout.strip()


def _show(row: dict[str, Any], near: tuple[dict[str, Any], float] | None, number: int, count: int) -> None:
    click.secho(f"\n{number} of {count}   {row['id']}", bold=True)
    for name, text in (("Question", row["instruction"]), ("Input", row["input"]), ("Draft", row["output"])):
        if text:
            click.echo(f"{click.style(name + ':', fg='cyan')} {text}")
    if near is not None:
        click.secho(f"Nearest ({near[1]:.2f}): {near[0]['instruction']}", dim=True)


def _decide(choice: str, row: dict[str, Any], reviewer: str) -> dict[str, Any] | None:
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


def _undo(made: list[dict[str, Any] | None], path: Path, position: int) -> int:
    """Takes back the last decision of this session; returns the row to go on with."""
    from mbegu.rows.reviews import undo

    if not made:
        click.echo("Nothing to undo in this session.")
        return position
    line = made.pop()
    if line is not None:
        undo(path, line)
    return position - 1


if __name__ == "__main__":
    main()
