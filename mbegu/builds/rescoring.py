"""The answers of two git revisions, scored alike: by the code and the settings of today."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds import comparing, revisions
from mbegu.builds.declared import read_params
from mbegu.builds.project import Project
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.metrics.following import Classifier, learn
from mbegu.rows.heldout import MARKS, read_heldout
from mbegu.rows.row import Row, read_rows
from mbegu.scoring.clusters import clusters
from mbegu.scoring.comparison import BASE, Trained
from mbegu.scoring.measures import Measures, measure
from mbegu.scoring.predictions import read_predictions
from mbegu.scoring.settings import Score
from mbegu.text.settings import Locale

Question = tuple[str, str]  # its id, and the reference
Answers = dict[Question, dict[str, Any]]


class Rescored(NamedTuple):
    """Models that two revisions have, scored on the questions that both answered."""

    models: dict[str, list[Measures]]  # by "MODEL at REV", each model at the older revision, then at the newer
    notes: list[str]  # on what is left out
    groups: list[str]  # of each question
    trained: Trained


def measured(project: Project, old: str, new: str) -> Rescored:
    """The answers of two revisions, scored; those of trainings that only say how much a seed changes are no models of their own.

    Raises:
        BadInput: no such revision or data, or nothing in common.
    """
    revs, where = (old, new), f"both {old} and {new}"
    built = {rev: _models(project, rev) for rev in revs}
    declares = {rev: revisions.params(project, rev) for rev in revs}
    models = [comparing.once(built[rev], declares[rev]) for rev in revs]
    both = [name for name in models[0] if name in models[1]]
    notes = [f"{name} is at one revision only." for name in sorted(set(models[0]) ^ set(models[1]))]
    if not both:
        raise BadInput(f"{old} and {new} have no model in common; compare versions that both have built.")
    answers = {(name, rev): _answers(project, name, rev) for name in both for rev in revs}
    for name in both:
        notes += _left_out(name, answers[name, old], answers[name, new], where)
    asked = [key for key in answers[both[0], new] if all(key in found for found in answers.values())]
    if not asked:
        raise BadInput(f"{', '.join(both)} have no question in common at {where}; build them on the same held-out rows.")
    rows, score = _scoring(project, [answers[both[0], new][key] for key in asked], asked)
    found = {f"{name} at {rev}": score(answers[name, rev]) for name, rev in answers}
    weights: dict[str, str | None] = {}
    again: list[list[list[Measures]]] = []
    for rev, params in declares.items():
        weights |= {f"{name} at {rev}": folder for name, folder in _weights(project, rev, params).items()}
        trained = [[name for name in names if name in built[rev]] for names in comparing.trainings(params)]
        trainings = [[_answers(project, name, rev) for name in names] for names in trained]
        scored = [[score(one) for one in version if set(asked) <= set(one)] for version in trainings]
        again += [version for version in scored if len(version) > 1 and version not in again]  # both may have the same
    return Rescored(found, notes, clusters(rows), Trained(weights, again))


def _scoring(
    project: Project, answered: Sequence[dict[str, Any]], asked: Sequence[Question]
) -> tuple[list[Row], Callable[[Answers], list[Measures]]]:
    """The rows of questions that were answered so, and what measures a model's answers to them."""
    settings, marked = _settings(project), {row["id"]: row for row in read_heldout(project.heldout())}
    rows = [_row(value, marked) for value in answered]
    return rows, lambda answers: [*measure([answers[key] for key in asked], rows, *settings)]


def _weights(project: Project, rev: str, params: Mapping[str, Any]) -> dict[str, str | None]:
    """By model, what was trained of it: a hash of its folder, so that an adapter that both revisions have is one."""
    built = revisions.built(project, rev)
    return {name: folder and built.get(folder, f"{folder} at {rev}") for name, folder in comparing.weights(params).items()}


def _models(project: Project, rev: str) -> list[str]:
    """Names of the models that a revision declares and has predictions of, the base first."""
    return sorted(revisions.models(project, rev), key=lambda name: name != BASE)


def _left_out(name: str, old: Answers, new: Answers, where: str) -> list[str]:
    """A note if a model's answers at the newer revision are not all to questions of the older one.

    Raises:
        BadInput: none is.
    """
    common = sum(key in old for key in new)
    if not common:
        raise BadInput(f"{name} answered no question at {where} with the same reference.")
    if common == len(new):
        return []
    return [f"{name}: {common} of {len(new)} questions are the same at both revisions; the rest are left out."]


def _answers(project: Project, name: str, rev: str) -> Answers:
    with revisions.at(rev, project, [project.predictions(name)]) as then:
        return {(value["id"], value["reference"]): value for value in read_predictions(then.predictions(name))}


def _settings(project: Project) -> tuple[Score, Classifier | None, Locale]:
    sections = read_params(project.params)
    score = parse_section(sections, "score", Score, str(project.params))
    locale = parse_section(sections, "locale", Locale, str(project.params))
    taught = read_rows(Path(score.following), answered=False)
    try:
        return score, learn(taught), locale
    except BadInput:
        return score, None, locale


def _row(value: dict[str, Any], marked: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The held-out row of an answer: its reference is the one that the answer carries, its marks are today's."""
    known = marked.get(value["id"], {"checks": {}, "unanswerable": False, "mentions": [], "group": "", "source": ""})
    question = {key: value[key] for key in ("id", "instruction", "input")}
    return {**question, "output": value["reference"], **{key: known[key] for key in MARKS}}
