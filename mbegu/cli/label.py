"""Puts the messages that the classifier is least sure of to a person: ad, other, skip, undo, quit.

In: data/labelled/NAME.queue.jsonl. Out: data/labels/NAME.reviews.jsonl, written after each decision; commit it.

    mbegu label market
"""

from functools import partial
from pathlib import Path
from typing import Any

import click

from mbegu.cli.review import Desk, Sitting, git_name, sit, step_back
from mbegu.command import Stage
from mbegu.sections import path


@click.command(cls=Stage)
@click.argument("name")
@path("--data", "Folder of the rows.", "data")
@click.option("--reviewer", help="Name in the decisions; by default git's user.name.")
@click.option("--undo", is_flag=True, help="First undo your last decision, also one of an earlier run.")
def main(name: str, data: Path, reviewer: str | None, undo: bool) -> None:
    """Say which doubtful messages of NAME are ads, one by one."""
    from mbegu.builds.project import project_of
    from mbegu.sources.telegram.decisions import read_labelled, take_back, undecided
    from mbegu.sources.telegram.labels import LABELS

    project = project_of(data)
    project.check_corpus(name)
    path, messages = project.label_reviews(name), read_labelled(project.labelled(name))
    queue = undecided(read_labelled(project.queue(name)), path)
    sitting = Sitting(path, reviewer or git_name(), queue, [])
    undone = partial(take_back, path, sitting.reviewer, messages)
    desk = Desk("messages", LABELS, _show, partial(_decide, sitting), undone)
    if undo:
        step_back(sitting, desk)
    if not sitting.todo:
        click.echo(f"Nothing to review in {name}: the classifier is sure enough of every message that nobody labelled.")
    sit(sitting, desk, f"mbegu label {name}")


def _show(message: dict[str, Any]) -> None:
    said = f"{message['probability']:.2f} to be an ad"
    click.secho(f"{said}, with {message['media']}" if message.get("media") else said, dim=True)
    click.echo(message["text"])


def _decide(sitting: Sitting, message: dict[str, Any], label: str) -> bool:
    from mbegu.sources.telegram.decisions import append

    append(sitting.path, message, label, sitting.reviewer)
    return True
