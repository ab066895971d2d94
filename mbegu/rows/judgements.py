"""A person's verdicts on two models' answers to the same held-out question: data/judgements/NAME.jsonl.

NAME is a pair under `judged` in params.yaml. The person sees the two answers beside each other and not whose they are. One line
is one decision, such as

    {"id": "9f86d081884c7d65", "left": {"model": "base", "answer": "…"}, "right": {"model": "v2", "answer": "…"},
     "verdict": "right", "reviewer": "Abebe"}

- `id`: of the held-out row.
- `left`, `right`: whose answer stood on which side, and the answer as it was shown, to the character: what a person said of an
  answer says nothing of another one that the model gives after the next training.
- `verdict`: the better side, "left" or "right", or "neither".
- `reviewer`: who decided; may be left out.

Lines are added at the end and stay there. Of a reviewer's decisions on one question and the same two answers the last one
counts, whichever side they stood on; so two branches can be merged by keeping the lines of both. Questions come in an order of
their own (`in_order`), so that however early a person stops, what was decided on is a random part of all.
"""

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.outputs import locked
from mbegu.rows.jsonl import append_lines, read_lines, write_lines
from mbegu.rows.row import text_field
from mbegu.text.draws import rank
from mbegu.text.trimming import trim

KEYS = ("id", "left", "right", "verdict", "reviewer")
SIDE = ("model", "answer")
VERDICTS = ("left", "right", "neither")


class Side(NamedTuple):
    """An answer, and the model that gave it."""

    model: str
    answer: str


class Judgement(NamedTuple):
    """A decision, or with `verdict` "" what is to be decided on."""

    id: str
    left: Side
    right: Side
    verdict: str = ""
    reviewer: str = ""

    def about(self) -> tuple[str, tuple[Side, ...], str]:
        """What it decides on, and who: of equal ones the last one counts."""
        return self.id, tuple(sorted((self.left, self.right))), self.reviewer

    def by(self, reviewer: str, verdict: str = "") -> "Judgement":
        """The same of that reviewer, whose name is written as it is read: NFC, trimmed."""
        return self._replace(reviewer=trim(unicodedata.normalize("NFC", reviewer)), verdict=verdict)


def blind(id_: str, first: Side, second: Side) -> Judgement:
    """Two answers to a question on sides that their content draws, so that each side is each model's as often."""
    ordered = sorted((first, second))
    left, right = ordered if int(rank("\x1f".join([id_, *ordered[0], *ordered[1]])), 16) % 2 else ordered[::-1]
    return Judgement(id_, left, right)


def in_order(todo: Iterable[Judgement]) -> list[Judgement]:
    """By a hash of the question alone: the first few are a random part of all, the same for every pair of models."""
    return sorted(todo, key=lambda one: rank(f"judgement {one.id}"))


def undecided(todo: Iterable[Judgement], judgements: Iterable[Judgement], reviewer: str) -> list[Judgement]:
    """Those that this reviewer has not decided on."""
    done = {one.about() for one in judgements}
    return [one for one in todo if one.by(reviewer).about() not in done]


def read_judgements(path: Path) -> list[Judgement]:
    """All decisions in their order, also those that a later one replaces; none if there is no such file.

    Raises:
        BadInput: a line that is no decision, with file and line.
    """
    return [_parse(value, where) for where, value in read_lines(path, KEYS)] if path.exists() else []


def last(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Those that count: the last one of each reviewer on each question with its two answers."""
    return list({one.about(): one for one in judgements}.values())


def append(path: Path, judgement: Judgement) -> None:
    """Adds a decision to the file, which is replaced whole: a crash leaves it as it was before. Others may write to it, too.

    Raises:
        BadInput: a text that can't be written; the file stays as it is.
    """
    for side in (judgement.left, judgement.right):
        text_field(side._asdict(), "answer", "The decision", required=False)
    text_field(judgement._asdict(), "reviewer", "The decision", required=False)
    with locked(path.parent):
        append_lines(path, [_line(judgement)])


def take_back(path: Path, reviewer: str, among: Iterable[Judgement]) -> Judgement | None:
    """Removes the reviewer's newest decision on one of `among` from the file.

    Returns:
        The removed one, or None if there is none.
    """
    wanted = {one.by(reviewer).about() for one in among}
    with locked(path.parent):
        found = read_judgements(path)
        place = next((place for place in reversed(range(len(found))) if found[place].about() in wanted), None)
        if place is None:
            return None
        taken = found.pop(place)
        write_lines(path, map(_line, found))
        return taken


def _line(judgement: Judgement) -> dict[str, Any]:
    sides = {name: side._asdict() for name, side in (("left", judgement.left), ("right", judgement.right))}
    reviewer = {"reviewer": judgement.reviewer} if judgement.reviewer else {}
    return {"id": judgement.id, **sides, "verdict": judgement.verdict, **reviewer}


def _parse(value: dict[str, Any], where: str) -> Judgement:
    verdict = text_field(value, "verdict", where, required=True)
    if verdict not in VERDICTS:
        raise BadInput(f"{where}: verdict {verdict!r}; expected one of {', '.join(VERDICTS)}.")
    left, right = (_side(value.get(name), name, where) for name in ("left", "right"))
    if left.model == right.model:
        raise BadInput(f"{where}: left and right are both answers of {left.model!r}; expected those of two models.")
    id_, reviewer = text_field(value, "id", where, required=True), text_field(value, "reviewer", where, required=False)
    return Judgement(id_, left, right, verdict, reviewer)


def _side(value: object, name: str, where: str) -> Side:
    if not isinstance(value, dict) or set(value) != set(SIDE) or not all(isinstance(text, str) for text in value.values()):
        raise BadInput(f'{where}: {name!r} is no answer; expected {{"model": "…", "answer": "…"}}.')
    if not value["model"]:
        raise BadInput(f"{where}: {name!r} has no model; write the name that it has under models in params.yaml.")
    return Side(**value)
