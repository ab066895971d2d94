"""The answers of two git revisions, scored alike: by the code and the settings of today."""

from pathlib import Path
from typing import Any

from mbegu.builds import revisions
from mbegu.builds.declared import read_params
from mbegu.builds.project import Project
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.metrics.following import Classifier, learn
from mbegu.rows.heldout import MARKS, read_heldout
from mbegu.rows.row import read_rows
from mbegu.scoring.comparison import BASE
from mbegu.scoring.measures import Measures, measure
from mbegu.scoring.predictions import read_predictions
from mbegu.scoring.settings import Score
from mbegu.text.settings import Locale

Predictions = list[dict[str, Any]]


def measured(project: Project, old: str, new: str) -> tuple[dict[str, list[Measures]], list[str]]:
    """Models that both revisions have, scored on the questions that both answered.

    Returns:
        Measures by "MODEL at REV", each model at the older revision, then at the newer; and notes on what is left out.

    Raises:
        BadInput: no such revision or data, or nothing in common.
    """
    models = [_models(project, rev) for rev in (old, new)]
    both = [name for name in models[0] if name in models[1]]
    notes = [f"{name} is at one revision only." for name in sorted(set(models[0]) ^ set(models[1]))]
    if not both:
        raise BadInput(f"{old} and {new} have no model in common; compare versions that both have built.")
    settings, marked = _settings(project), {row["id"]: row for row in read_heldout(project.heldout())}
    found: dict[str, list[Measures]] = {}
    for name in both:
        pair, questions = _in_common(*(_predictions(project, name, rev) for rev in (old, new)))
        if not pair[0]:
            raise BadInput(f"{name} answered no question at both {old} and {new} with the same reference.")
        if len(pair[0]) < questions:
            notes.append(
                f"{name}: {len(pair[0])} of {questions} questions are the same at both revisions; the rest are left out."
            )
        for rev, answers in zip((old, new), pair, strict=True):
            found[f"{name} at {rev}"] = measure(answers, [_row(value, marked) for value in answers], *settings)
    return found, notes


def _models(project: Project, rev: str) -> list[str]:
    """Names of the models that a revision declares and has predictions of, the base first."""
    return sorted(revisions.models(project, rev), key=lambda name: name != BASE)


def _predictions(project: Project, name: str, rev: str) -> Predictions:
    with revisions.at(rev, project, [project.predictions(name)]) as then:
        return read_predictions(then.predictions(name))


def _in_common(old: Predictions, new: Predictions) -> tuple[tuple[Predictions, Predictions], int]:
    """Predictions of the questions that both have with the same reference, and how many questions the newer has."""
    before, after = ({(value["id"], value["reference"]): value for value in values} for values in (old, new))
    common = [key for key in after if key in before]
    return ([before[key] for key in common], [after[key] for key in common]), len(after)


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
