"""Held-out answers of two models beside each other: what changed, which facts are right, which training rows are nearest."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds.project import Project
from mbegu.errors import BadInput
from mbegu.metrics.facts import entities, mark_numbers
from mbegu.rows.heldout import read_heldout
from mbegu.rows.journal import refuse_conflict
from mbegu.rows.nearest import Match, pool
from mbegu.rows.row import Row, question
from mbegu.scoring.changes import Change, changes
from mbegu.scoring.clusters import clusters
from mbegu.scoring.comparison import Models, read_models
from mbegu.scoring.predictions import read_predictions
from mbegu.text.settings import Locale
from mbegu.text.words import words

AGAIN = "build it again with `dvc repro compare`"
NEAREST = 3
UNANSWERABLE = "unanswerable"
VERDICTS = {"models", "rows", "level", "intervals", "pairs"}  # objects and numbers of metrics/compare.json that pages show
Pieces = list[tuple[str, str]]


class Compared(NamedTuple):
    """What models answered to the held-out questions."""

    ids: list[str]
    models: Models
    questions: dict[str, Row]  # by id, as they stand in the held-out file
    answers: dict[str, dict[str, dict[str, Any]]]  # by model and id
    groups: dict[str, str]  # by id; "" for none
    verdicts: Mapping[str, Any]  # metrics/compare.json; nothing, if it isn't built


class Beside(NamedTuple):
    """One question with two answers."""

    row: Row
    answers: list[tuple[str, Pieces, bool]]  # model, its answer in marked pieces, whether it was cut off
    nearest: list[tuple[str, Match]]  # version, and the rows of it whose questions are most like this one


def read_compared(project: Project) -> Compared:
    """Everything that was measured of the models that params.yaml declares; those that aren't built are left out.

    Raises:
        BadInput: fewer than two are built, or a file can't be read, such as one in which git left a merge to its user.
    """
    declared = project.names("models")
    built = [name for name in declared if project.measures(name).is_file() and project.predictions(name).is_file()]
    if len(built) < 2:
        missing = ", ".join(name for name in declared if name not in built) or "none is declared"
        raise BadInput(
            f"{project.measures('').parent}: answers of two models are needed, {len(built)} built; build the others with "
            f"`dvc repro` ({missing})."
        )
    ids, models = read_models(project.measures("").parent, built)
    answers = {name: {row["id"]: row for row in read_predictions(project.predictions(name))} for name in built}
    questions = {row["id"]: row for row in read_heldout(project.heldout())}
    known = [id_ for id_ in ids if id_ in questions and all(id_ in found for found in answers.values())]
    if len(known) < len(ids):
        raise BadInput(f"{project.heldout()}: changed since its rows were answered and scored; run `dvc repro`.")
    groups = dict(zip(ids, clusters([questions[id_] for id_ in ids]), strict=True))
    return Compared(ids, models, questions, answers, groups, _read_verdicts(project.compared()))


def _read_verdicts(path: Path) -> dict[str, Any]:
    """What the compare stage wrote; nothing, if it isn't built."""
    refuse_conflict(path)
    try:
        found = json.loads(path.read_bytes()) if path.is_file() else None
    except ValueError as error:
        raise BadInput(f"{path}: not JSON ({error}); {AGAIN}.") from None
    if found is not None and not (isinstance(found, dict) and found.keys() >= VERDICTS and isinstance(found["pairs"], dict)):
        raise BadInput(f"{path}: not what the stage compare writes; {AGAIN}.")
    return found or {}


def changed(compared: Compared, pair: tuple[str, str], metric: str, kind: str = "", group: str = "") -> list[Change]:
    """The questions of a group by how much the answer of `pair[0]` differs from that of `pair[1]` in a metric.

    Args:
        kind: of `changes.KINDS`; "" for all.
        group: a group of `compared.groups`, or `UNANSWERABLE`; "" for all.
    """
    new, old = pair
    found = changes(compared.ids, compared.models[old], compared.models[new], metric)
    return [one for one in found if kind in ("", one.kind) and group in ("", *_groups(compared, one.id))]


def group_names(compared: Compared) -> list[str]:
    """The groups that questions may be filtered by."""
    return list(dict.fromkeys(group for id_ in compared.ids for group in _groups(compared, id_) if group))


def _groups(compared: Compared, id_: str) -> list[str]:
    return [compared.groups[id_], *([UNANSWERABLE] if compared.questions[id_]["unanswerable"] else [])]


def beside(compared: Compared, pair: tuple[str, str], id_: str, locale: Locale, versions: Mapping[str, Sequence[Row]]) -> Beside:
    """One question with the answers of both models, the older first.

    Args:
        versions: rows that the models were trained on, by version, in the order in which they are shown.
    """
    row = compared.questions[id_]
    answers = []
    for model in reversed(pair):
        answer = compared.answers[model][id_]
        pieces = mark_facts(answer["prediction"], row["output"], question(row), locale)
        answers.append((model, pieces, answer["finish_reason"] == "length"))
    near = [(name, match) for name, rows in versions.items() for match in nearest_to(question(row), rows)]
    return Beside(row, answers, near)


def nearest_to(text: str, rows: Sequence[Row], count: int = NEAREST, *, answers: bool = False) -> list[Match]:
    """The rows whose questions, or `answers`, have most words in common with a text (ROUGE-L F1); none that has no word of it."""
    index = pool([{"instruction": row["output"], "input": ""} for row in rows] if answers else list(rows))
    return [Match(rows[near.position], near.score) for near in index.near(words(text), 0.0)[:count]]


def mark_facts(answer: str, reference: str, asked: str, locale: Locale) -> Pieces:
    """As `mark_numbers`; a name of the reference is "right", too."""
    names = {entity.value for entity in entities(reference, locale) if entity.kind == "name"}
    found: Pieces = []
    for text, mark in mark_numbers(answer, reference, asked, locale):
        found += [(text, mark)] if mark else _mark_names(text, names, locale)
    return found


def _mark_names(text: str, names: set[str], locale: Locale) -> Pieces:
    pieces, end = [], 0
    for entity in entities(text, locale) if names else ():
        if entity.kind == "name" and entity.value in names:
            pieces += [(text[end : entity.start], ""), (text[entity.start : entity.end], "right")]
            end = entity.end
    return [piece for piece in [*pieces, (text[end:], "")] if piece[0]]
