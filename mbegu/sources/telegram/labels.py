"""Which messages people call ads: labels written by hand, and decisions of a review, which win over them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines
from mbegu.rows.ledger import Entry, entry
from mbegu.rows.row import text_field
from mbegu.text import reasons

STAGE = "label"
AD, OTHER = LABELS = ("ad", "other")
HAND, REVIEW, CLASSIFIER = "label", "review", "classifier"  # by whom a label is
KEYS = ("channel", "id", "label", "reviewer")
EXAMPLE = '{"channel": "news", "id": 35, "label": "ad"}'


class Label(NamedTuple):
    """What a person calls a message."""

    label: str  # AD or OTHER
    by: str  # HAND or REVIEW
    source: str  # "path:line"


Labels = dict[str, Label]  # by the id of a message: "news/35"


def read_labels(path: Path, by: str) -> Labels:
    """The labels of a file, in its order; a line that says the same again counts once.

    Raises:
        BadInput: as `read_lines`; a missing or wrongly typed field; two lines that call one message differently.
    """
    found: Labels = {}
    for where, value in read_lines(path, KEYS):
        id_, label = _parse(value, where)
        first = found.setdefault(id_, Label(label, by, where))
        if first.label != label:
            raise BadInput(
                f"{where}: calls message {id_} {label!r}, which {first.source} calls {first.label!r}; keep one of them."
            )
    return found


def _parse(value: dict[str, Any], where: str) -> tuple[str, str]:
    channel, number = text_field(value, "channel", where, required=True), value.get("id")
    if not isinstance(number, int) or isinstance(number, bool):
        raise BadInput(f"{where}: 'id' is {number!r}; expected the number of a message in its export, such as {EXAMPLE}.")
    label = text_field(value, "label", where, required=True)
    if label not in LABELS:
        raise BadInput(f"{where}: label {label!r}; expected one of {', '.join(LABELS)}.")
    return f"{channel}/{number}", label


def read_hand(path: Path) -> Labels:
    """Labels written by hand.

    Raises:
        BadInput: no such file, or as `read_labels`.
    """
    if not path.is_file():
        raise BadInput(f"{path}: no such file; call some messages {AD} and some {OTHER} there, a line each: {EXAMPLE}")
    return read_labels(path, HAND)


def read_decisions(path: Path) -> Labels:
    """Decisions of a review; none if there is no such file.

    Raises:
        BadInput: as `read_labels`.
    """
    return read_labels(path, REVIEW) if path.exists() else {}


def merge(hand: Labels, decisions: Labels) -> tuple[Labels, list[Entry]]:
    """All labels, and a ledger line for each one by hand that a review changed."""
    changed = [id_ for id_, label in hand.items() if id_ in decisions and decisions[id_].label != label.label]
    return hand | decisions, [entry(_row(id_, hand[id_]), STAGE, "changed", reasons.EDITED) for id_ in changed]


def absent(labels: Labels, ids: Iterable[str]) -> list[Entry]:
    """A ledger line for each label of a message that there is not: in no export, or dropped when they were read."""
    gone = set(labels).difference(ids)
    return [entry(_row(id_, label), STAGE, "dropped", reasons.NO_MESSAGE) for id_, label in labels.items() if id_ in gone]


def _row(id_: str, label: Label) -> dict[str, str]:
    return {"id": id_, "label": label.label, "source": label.source}
