"""Reviews machine-written rows in the terminal: accept, edit, reject, skip, undo, quit.

In: data/expanded/VERSION.jsonl. Out: data/reviews/VERSION.jsonl, written after each decision; commit it.

    mbegu review v3

With --pairs it puts two models' answers beside each other, without their names: left, right, neither, undo, quit. In: the
predictions of a pair under `judged` in params.yaml. Out: data/judgements/PAIR.jsonl, likewise.

    mbegu review --pairs v2-base
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from mbegu.command import Stage
from mbegu.sections import path

KEYS = ("accept", "edit", "reject")
Item = dict[str, Any]


class Sitting(NamedTuple):
    """A reviewer before what is to be decided on, one by one."""

    path: Path  # of the decisions
    reviewer: str
    todo: list[Item]  # not looked at yet
    seen: list[tuple[Item, bool]]  # what was, and whether it was decided on and not skipped


class Desk(NamedTuple):
    """What lies before the reviewer, and what is done with it."""

    noun: str  # what the items are, such as drafts
    choices: tuple[str, ...]  # words with different first letters, which are typed
    show: Callable[[Item], None]
    decide: Callable[[Item, str], bool]  # False shows the item again
    take_back: Callable[[], Item | None]  # undoes the reviewer's newest decision, and gives what it was on
    skip: bool = True  # whether an item may be left for later


@click.command(cls=Stage)
@click.argument("name", metavar="VERSION")
@click.option("--pairs", is_flag=True, help="Say which of two models' answers is better; VERSION is a pair under `judged`.")
@path("--data", "Folder of the rows.", "data")
@click.option("--reviewer", help="Name in the decisions; by default git's user.name.")
@click.option("--undo", is_flag=True, help="First undo your last decision, also one of an earlier run.")
def main(name: str, pairs: bool, data: Path, reviewer: str | None, undo: bool) -> None:
    """Decide on the pending rows of VERSION, one by one."""
    (_pairs if pairs else _drafts)(name, data, reviewer, undo)


def _drafts(version: str, data: Path, reviewer: str | None, undo: bool) -> None:
    from mbegu.builds.project import project_of
    from mbegu.rows.reviews import pending
    from mbegu.rows.row import read_rows

    project = project_of(data)
    project.check_versions(version)
    path, rows = project.reviews(version), read_rows(project.drafts(version), answered=False)
    sitting = Sitting(path, reviewer or git_name(), pending(rows, path), [])
    desk = Desk("drafts", KEYS, partial(_show, rows), partial(_decide, sitting), partial(_take_back, sitting, rows))
    if undo:
        step_back(sitting, desk)
    if not sitting.todo:
        click.echo(f"Nothing to review in {version}: every machine-written row has its decision.")
    sit(sitting, desk, f"mbegu review {version}")


def git_name() -> str:
    """The name of who sits here.

    Raises:
        UsageError: git knows none.
    """
    from mbegu.builds.git import git

    name = git("config", "user.name")
    if not name:
        raise click.UsageError("git knows no name for you; set it with `git config user.name`, or give --reviewer.")
    return name


def sit(sitting: Sitting, desk: Desk, command: str) -> None:
    """Puts all that is to do to the reviewer, says what was decided and what comes next.

    Args:
        command: which is to be called again.
    """
    _ask(sitting, desk)
    decided, left = sum(done for _, done in sitting.seen), len(sitting.todo)
    skipped = len(sitting.seen) - decided
    click.echo(f"{decided} decided, {skipped} skipped, {left} left: {sitting.path}")
    click.echo(f"Next: {_next(command, skipped + left)}", err=True)


def _next(command: str, waiting: int) -> str:
    if waiting:
        return f"`{command}` again, {waiting} without a decision yet."
    return f"`dvc repro`, and commit the decisions; `{command} --undo` if the last one was a slip."


def _ask(sitting: Sitting, desk: Desk) -> None:
    todo, seen = sitting.todo, sitting.seen
    keys = {word[0]: word for word in (*desk.choices, *(["skip"] if desk.skip else []), "undo", "quit")}
    prompt = " ".join(f"[{key}]{word[1:]}" for key, word in keys.items())
    while todo:
        click.secho(f"\n{len(seen) + 1} of {len(seen) + len(todo)}   {todo[0]['id']}", bold=True)
        desk.show(todo[0])
        choice = keys[click.prompt(prompt, type=click.Choice(list(keys)), show_choices=False)]
        if choice == "quit":
            break
        if choice == "undo":
            step_back(sitting, desk)
        elif choice == "skip":
            seen.append((todo.pop(0), False))
        elif desk.decide(todo[0], choice):
            seen.append((todo.pop(0), True))


def step_back(sitting: Sitting, desk: Desk) -> None:
    """Shows the last item again: a skipped one, or the one that this reviewer decided on last, now or in an earlier run."""
    if sitting.seen and not sitting.seen[-1][1]:
        sitting.todo.insert(0, sitting.seen.pop()[0])
    elif item := desk.take_back():
        del sitting.seen[-1:]
        sitting.todo.insert(0, item)
    else:
        click.echo(f"Nothing to undo: {sitting.path} holds no decision of {sitting.reviewer} on these {desk.noun}.")


def _show(rows: list[Item], row: Item) -> None:
    from mbegu.rows.reviews import nearest_of

    near = nearest_of(row, rows)
    for name, text in (("Question", row["instruction"]), ("Input", row["input"]), ("Draft", row["output"])):
        if text:
            click.echo(f"{click.style(name + ':', fg='cyan')} {text}")
    if near is not None:
        click.secho(f"Nearest ({near[1]:.2f}): {near[0]['instruction']}", dim=True)


def _decide(sitting: Sitting, row: Item, choice: str) -> bool:
    """Writes the decision; False for one that can't be made, such as an edit that was not saved."""
    from mbegu.rows.reviews import append, decision, objection

    more: dict[str, Any] = {}
    if choice == "reject":
        more = {"reason": click.prompt("Reason, if any", default="", show_default=False)}
    if choice == "edit":
        more = {"output": (click.edit(row["output"], extension=".txt") or "").strip()}
    if why := objection(row, choice, more.get("output", "")):
        click.echo(why)
        return False
    append(sitting.path, decision(row, choice, sitting.reviewer, **more))
    return True


def _take_back(sitting: Sitting, rows: list[Item]) -> Item | None:
    from mbegu.rows.reviews import newest, undo

    while found := newest(sitting.path, sitting.reviewer, rows):
        if undo(sitting.path, found[0]):
            return found[1]
    return None


def _pairs(name: str, data: Path, reviewer: str | None, undo: bool) -> None:
    from mbegu.builds.project import project_of
    from mbegu.rows.judgements import VERDICTS, read_judgements, undecided
    from mbegu.scoring.duels import blinded, read_duels

    project = project_of(data)
    new, old = project.judged(name)
    duels = read_duels((f"{new}:{old}",), project.predictions(new).parent, project.names("models"))
    path, questions = project.judgements(name), {duel.first["id"]: duel.first for duel in duels}
    items = {one.id: {**questions[one.id], "pair": one} for one in blinded(duels)}
    reviewer, before = reviewer or git_name(), read_judgements(path)
    todo = undecided([item["pair"] for item in items.values()], before, reviewer)
    sitting = Sitting(path, reviewer, [items[one.id] for one in todo], [])
    desk = Desk("answers", VERDICTS, _show_pair, partial(_judge, sitting), partial(_unjudge, sitting, items), skip=False)
    if undo:
        step_back(sitting, desk)
    if not sitting.todo:
        click.echo(f"Nothing to review in {name}: you decided on every question.")
    sit(sitting, desk, f"mbegu review --pairs {name}")


def _show_pair(item: Item) -> None:
    import shutil

    from mbegu.pages.beside import beside

    for name, text in (("Question", item["instruction"]), ("Input", item["input"]), ("Reference", item["reference"])):
        if text:
            click.echo(f"{click.style(name + ':', fg='cyan')} {text}")
    pair = item["pair"]
    click.echo(f"\n{beside(pair.left.answer, pair.right.answer, shutil.get_terminal_size().columns)}\n")


def _judge(sitting: Sitting, item: Item, choice: str) -> bool:
    from mbegu.rows.judgements import append

    append(sitting.path, item["pair"].by(sitting.reviewer, choice))
    return True


def _unjudge(sitting: Sitting, items: dict[str, Item]) -> Item | None:
    from mbegu.rows.judgements import take_back

    taken = take_back(sitting.path, sitting.reviewer, [item["pair"] for item in items.values()])
    return items[taken.id] if taken else None
