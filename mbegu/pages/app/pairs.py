"""Pairs of models that people judge blind: what is to be decided on, and what was decided."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mbegu.asking.decoding import Decoding
from mbegu.asking.visits import BEAT, Answer, Question
from mbegu.builds.comparing import once
from mbegu.builds.project import Project
from mbegu.pages.app.site import Site
from mbegu.rows.heldout import read_heldout
from mbegu.rows.judgements import Judgement, Side, blind, in_order, read_judgements
from mbegu.rows.row import Row
from mbegu.scoring.predictions import read_predictions


class Pair(NamedTuple):
    """Two models under the name that the file of judgements has."""

    name: str
    new: str
    old: str


def pairs(site: Site) -> list[Pair]:
    """Those under `judged` in params.yaml, then each two models that can answer or have answered, the later one first."""
    declared = [Pair(name, str(two["new"]), str(two["old"])) for name, two in _judged(site.params).items()]
    shown = once(map(str, dict(site.params.get("models") or {})), site.params)
    answered = [name for name in shown if site.project.predictions(name).is_file()]
    names = list(dict.fromkeys([*answered, *site.engine.speakers]))
    known = {frozenset((pair.new, pair.old)) for pair in declared}
    others = [Pair(f"{new}-{old}", new, old) for place, new in enumerate(names) for old in names[:place]]
    return [*declared, *(pair for pair in others[::-1] if frozenset((pair.new, pair.old)) not in known and "/" not in pair.name)]


def _judged(params: Mapping[str, Any]) -> dict[str, Any]:
    found = params.get("judged")
    return {name: two for name, two in found.items() if isinstance(two, dict) and {"new", "old"} <= set(two)} if found else {}


class Todo(NamedTuple):
    """The next question, of how many."""

    row: Row
    written: Judgement | None  # with the answers that the predict stage wrote, or None: both are to be asked
    left: int  # questions that the reviewer has not decided on, this one too


def next_todo(site: Site, pair: Pair, reviewer: str) -> Todo | None:
    """The next question for a reviewer, the first few a random part of all; None if none is left.

    Raises:
        BadInput: held-out rows, predictions or judgements can't be read.
    """
    rows = {row["id"]: row for row in read_heldout(site.project.heldout())}
    written = _written(site.project, pair)
    done = {one.about() for one in read_judgements(site.project.judgements(pair.name))}
    asked = {id_ for id_, _, who in done if who == Judgement("", Side("", ""), Side("", "")).by(reviewer).reviewer}
    todo = []
    for id_ in rows:
        one = written.get(id_) or Judgement(id_, Side("", ""), Side("", ""))
        if (one.by(reviewer).about() not in done) if id_ in written else id_ not in asked:
            todo.append(one)
    if not todo:
        return None
    first = in_order(todo)[0]
    return Todo(rows[first.id], written.get(first.id), len(todo))


def _written(project: Project, pair: Pair) -> dict[str, Judgement]:
    """By question, the answers that the predict stage wrote, if both models have them."""
    files = [project.predictions(name) for name in (pair.new, pair.old)]
    if not all(file.is_file() for file in files):
        return {}
    new, old = ({one["id"]: one["prediction"] for one in read_predictions(file)} for file in files)
    return {id_: blind(id_, Side(pair.new, new[id_]), Side(pair.old, old[id_])) for id_ in new if id_ in old}


def on_current(project: Project, pair: Pair, decisions: list[Judgement]) -> list[Judgement]:
    """Those on the answers that the predict stage wrote last: what people said of others says nothing of these."""
    written = _written(project, pair)
    return [one for one in decisions if one.id not in written or one.about()[:2] == written[one.id].about()[:2]]


def asked_now(site: Site, pair: Pair, row: Row) -> Iterator[Judgement | None]:
    """None at each new word, and where none comes for a while; then the judgement to make: both models are asked the row.

    Raises:
        BadInput, Busy, Stopped, Failed: as the engine does.
    """
    answers: list[Answer] = []
    texts = {}
    try:
        for name in (pair.new, pair.old):
            answers.append(site.engine.ask(Question(name, row["instruction"], row["input"], Decoding(site.longest))))
        for answer in answers:
            while (said := answer.wait(BEAT)) is None or not said.finish_reason:
                yield None
            texts[answer.question.speaker] = said.text
    finally:
        for answer in answers:
            answer.close()
    yield blind(row["id"], Side(pair.new, texts[pair.new]), Side(pair.old, texts[pair.old]))
