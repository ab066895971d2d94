"""Decisions of a review of doubtful messages: read, made, undone; each on disk before the next."""

from collections.abc import Sequence
from pathlib import Path

from mbegu.errors import BadInput
from mbegu.rows import corpus
from mbegu.rows.corpus import Message
from mbegu.rows.journal import changing, remove_line
from mbegu.rows.jsonl import append_lines, read_lines
from mbegu.sources.telegram.labels import KEYS, read_decisions

LABELLED = (*corpus.KEYS, "label", "probability", "by")


def read_labelled(path: Path) -> list[Message]:
    """The messages that the label stage writes, or its queue.

    Raises:
        BadInput: no such file, or as `read_lines`.
    """
    if not path.is_file():
        raise BadInput(f"{path}: no such file; `dvc repro label@{path.name.partition('.')[0]}` builds it.")
    return [message for _, message in read_lines(path, LABELLED)]


def undecided(messages: Sequence[Message], path: Path) -> list[Message]:
    """Those that no decision of a file, which may be absent, is on, in their order.

    Raises:
        BadInput: the file of decisions can't be read.
    """
    decided = read_decisions(path)
    return [message for message in messages if message["id"] not in decided]


def append(path: Path, message: Message, label: str, reviewer: str) -> None:
    """Adds a decision to the file, which is replaced whole: a crash leaves it as it was before."""
    with changing(path):
        append_lines(path, [{"channel": message["channel"], "id": message["message"], "label": label, "reviewer": reviewer}])


def take_back(path: Path, reviewer: str, messages: Sequence[Message]) -> Message | None:
    """Removes the reviewer's newest decision on one of `messages`, of whatever session, and gives that message."""
    known = {(message["channel"], message["message"]): message for message in messages}
    with changing(path):
        for line in reversed([line for _, line in read_lines(path, KEYS)] if path.exists() else []):
            message = known.get((line.get("channel"), line.get("id")))
            if message and line.get("reviewer") == reviewer:
                remove_line(path, line, KEYS)
                return message
    return None
