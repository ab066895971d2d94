"""The report: which version is better and how sure that is, how training went, every held-out answer, what it was made of."""

import csv
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mbegu.builds import comparing
from mbegu.builds.declared import read_params
from mbegu.builds.project import Project
from mbegu.builds.record import hashes, revision
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.metrics.facts import mark_numbers
from mbegu.pages import charts, judged
from mbegu.pages.corpus import corpus
from mbegu.pages.differences import compare_rows, word_diff
from mbegu.pages.exams import exams
from mbegu.rows.jsonl import read_lines
from mbegu.rows.ledger import read_ledger
from mbegu.rows.row import question, read_rows
from mbegu.rows.warnings import read_warnings
from mbegu.scoring.comparison import pair_name
from mbegu.scoring.headings import TITLES
from mbegu.scoring.predictions import read_predictions
from mbegu.scoring.verdicts import context_table, dependence, difference_table, in_words, score_table, trainings, units
from mbegu.text.markdown import table
from mbegu.text.settings import Locale
from mbegu.text.templates import page

FLIP = ("pair", "id", "metric", "old", "new", "change", "nearest")
SHOWN = 6  # gains, and as many losses, of a comparison


def gather(project: Project) -> dict[str, Any]:
    """Everything that the report's templates show, for the models that the project compares.

    Raises:
        BadInput: a model's predictions are missing, or models answered different rows.
    """
    compared = json.loads(project.compared().read_text(encoding="utf-8"))
    models = list(compared["models"])
    params = read_params(project.params)
    shown, bare = comparing.shown(params, models, project.params), comparing.bare(params, project.params)
    declared = project.names("versions")
    versions = [model for model in models if model in declared]
    questions = _questions(models, project)
    return {
        "compared": compared,
        "warnings": read_warnings(
            project.metrics / "warnings", [*models, *project.names("pretrained"), *project.names("learned")]
        ),
        "verdicts": [
            (pair_name(new, old), in_words(found, units(compared)), _kind(found))
            for new, old in shown
            for found in [_pair(compared, new, old)]
        ],
        "differences": difference_table(compared, shown),
        "dependence": dependence(compared) + trainings(compared),
        "contexts": context_table(compared, compared["models"], bare),
        "scores": score_table(compared["models"]),
        "corpus": corpus(project),
        "exams": exams(project),
        **_charts(compared, shown, versions, project),
        "judge": _judge(project),
        "flips": _flips(project.flips(), {row["id"]: row for row in questions}),
        "questions": questions,
        "changes": [_changes(new, old, project) for new, old in shown if {new, old} <= set(versions)],
        "record": {
            "revision": revision(),
            "files": hashes(project.record()),
            "params": project.params.read_text(encoding="utf-8"),
        },
        "titles": TITLES,
    }


def _charts(compared: dict[str, Any], shown: Sequence[tuple[str, str]], versions: list[str], project: Project) -> dict[str, Any]:
    funnels = [row for version in versions for row in _funnel(version, project.funnel(version))]
    losses = [point for version in versions for point in _losses(version, partial(project.curve, version))]
    losses += [
        point
        for name in project.names("pretrained")
        for point in _losses(f"phase one: {name}", partial(project.pretraining, name))
    ]
    losses += [
        point for name in project.names("learned") for point in _losses(f"documents: {name}", partial(project.learning, name))
    ]
    lengths = [row for version in versions for row in _lengths(version, project.lengths(version))]
    training = [
        (draw(rows), caption)
        for draw, rows, caption in (
            (charts.loss_chart, losses, "Loss; validation rows share no lineage with training rows."),
            (charts.length_chart, lengths, "Length of the training rows, prompt included."),
            (charts.funnel_chart, funnels, "Machine-written candidates left after each filter."),
        )
        if rows
    ]
    return {
        "difference_chart": charts.difference_chart(compared, shown),
        "score_chart": charts.score_chart(compared["intervals"], compared["models"]),
        "training": training,
    }


def _pair(compared: dict[str, Any], new: str, old: str) -> dict[str, Any]:
    return dict(compared["pairs"][pair_name(new, old)])


def _kind(verdicts: dict[str, Any]) -> str:
    """ "better" or "worse" if some metric is so and none the other, else "", which has no colour."""
    found = {verdict["verdict"] for verdict in verdicts.values()} - {"not distinguishable"}
    return found.pop() if len(found) == 1 else ""


def _questions(models: list[str], project: Project) -> list[dict[str, Any]]:
    answers = {model: read_predictions(project.predictions(model)) for model in models}
    first = answers[models[0]]
    if any([row["id"] for row in rows] != [row["id"] for row in first] for rows in answers.values()):
        raise BadInput(f"{project.predictions(models[0]).parent}: the models answered different rows; run `dvc repro`.")
    locale = parse_section(read_params(project.params), "locale", Locale, str(project.params))
    marked = {model: [_marked(answer, locale) for answer in answers[model]] for model in models}
    return [{**row, "answers": [(model, marked[model][index]) for model in models]} for index, row in enumerate(first)]


def _marked(answer: dict[str, Any], locale: Locale) -> list[tuple[str, str]]:
    asked = f"{answer['instruction']}\n{answer['input']}"
    return mark_numbers(answer["prediction"], answer["reference"], asked, locale)


def _judge(project: Project) -> dict[str, Any]:
    """The tally of each pair that was judged, with how sure it is in `words`."""
    found = {}
    for path in project.tallies():
        calibrated = project.calibrated(path.stem)
        known = json.loads(calibrated.read_text("utf-8")) if calibrated.is_file() else {}
        for pair, tally in json.loads(path.read_text("utf-8")).items():
            found[pair] = {**tally, "words": judged.in_words(known.get(pair), path.stem)}
    return found


def _flips(path: Path, questions: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The largest gains and losses of each comparison, with their questions and answers."""
    pairs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for _, flip in read_lines(path, FLIP):
        texts = dict(questions[flip["id"]]["answers"])
        answers = [(model, texts[model]) for model in reversed(flip["pair"])]
        row = questions[flip["id"]]
        pairs.setdefault(tuple(flip["pair"]), []).append(
            {**flip, "question": question(row), "reference": row["reference"], "answers": answers}
        )
    found = []
    for (new, old), flips in pairs.items():
        gains, losses = [flip for flip in flips if flip["change"] > 0], [flip for flip in flips if flip["change"] < 0]
        groups = [("gains", gains[:SHOWN]), ("losses", losses[-SHOWN:][::-1])]
        found.append({"pair": f"{new} against {old}", "gained": len(gains), "lost": len(losses), "groups": groups})
    return found


def _changes(new: str, old: str, project: Project) -> dict[str, Any]:
    """What became of the rows of `old` in `new`."""
    before, after = (read_rows(project.rows(version), answered=True) for version in (old, new))
    found = compare_rows(before, after, [line for path in project.ledgers(new) for line in read_ledger(path)])
    edited = [(question(row), word_diff(row["output"], after["output"])) for row, after in found.edited]
    dropped = [(question(row), reason) for row, reason in found.dropped]
    added = [(question(row), row["origin"]["kind"]) for row in found.added]
    return {"pair": f"{new} against {old}", "added": added, "dropped": dropped, "edited": edited}


def _losses(version: str, curve: Callable[[str], Path]) -> list[dict[str, Any]]:
    points = []
    for split in ("training", "validation"):
        for line in _csv(curve(split)):
            points.append({"version": version, "split": split, "step": int(line["step"]), "loss": float(line["loss"])})
    return points


def _lengths(version: str, path: Path) -> list[dict[str, Any]]:
    return [{"version": version, "tokens": int(line["tokens"])} for line in _csv(path)]


def _funnel(version: str, path: Path) -> list[dict[str, Any]]:
    lines = _csv(path)
    # a version whose rows all passed has no funnel to show
    return [{"version": version, "filter": line["filter"], "left": int(line["left"])} for line in lines] if len(lines) > 2 else []


def _csv(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def html(report: dict[str, Any], templates: Path) -> str:
    """One page without any outside reference; text of rows is escaped."""
    return page(templates / "report.html.jinja", report)


def markdown(report: dict[str, Any], templates: Path) -> str:
    """The same without the charts; text of rows stands in quoted blocks, so that it can't become markup."""
    tables: dict[str, Callable[..., str] | str] = {
        name: table(report[name]) for name in ("differences", "contexts", "scores") if report[name]
    }
    graded = [{**exam, "table": table(exam["table"])} for exam in report["exams"]]
    return page(templates / "report.md.jinja", {**report, **tables, "exams": graded})
