"""The report: what was compared, how training went, and every held-out answer beside its reference."""

import csv
import json
from pathlib import Path
from typing import Any

import jinja2

from mbegu.charts import length_chart, loss_chart
from mbegu.comparison import markdown as markdown_table
from mbegu.comparison import table
from mbegu.errors import BadInput
from mbegu.scoring import read_predictions

TEMPLATES = Path(__file__).parents[1] / "templates"


def gather(compare: Path, predictions: Path, train: Path, tokenize: Path) -> dict[str, Any]:
    """Everything that the report's templates show, for the models that `compare` names.

    Raises:
        BadInput: a model's predictions are missing, or models answered different rows.
    """
    compared = json.loads(compare.read_text(encoding="utf-8"))
    versions = [model for model in compared if (train / model).is_dir()]
    return {
        "table": table(compared),
        "questions": _questions(list(compared), predictions),
        "loss_chart": loss_chart([point for version in versions for point in _curve(version, train / version)]),
        "length_chart": length_chart([row for version in versions for row in _lengths(version, tokenize)]),
    }


def _questions(models: list[str], folder: Path) -> list[dict[str, Any]]:
    answers = {model: read_predictions(folder / f"{model}.jsonl") for model in models}
    first = answers[models[0]]
    if any([row["id"] for row in rows] != [row["id"] for row in first] for rows in answers.values()):
        raise BadInput(f"{folder}: the models answered different rows; run `dvc repro`.")
    return [
        {**row, "answers": [(model, answers[model][index]["prediction"]) for model in models]} for index, row in enumerate(first)
    ]


def _curve(version: str, folder: Path) -> list[dict[str, Any]]:
    points = []
    for split in ("training", "validation"):
        with open(folder / f"{split}.csv", encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                points.append({"version": version, "split": split, "step": int(line["step"]), "loss": float(line["loss"])})
    return points


def _lengths(version: str, folder: Path) -> list[dict[str, Any]]:
    with open(folder / f"{version}.csv", encoding="utf-8", newline="") as file:
        return [{"version": version, "tokens": int(line["tokens"])} for line in csv.DictReader(file)]


def html(report: dict[str, Any]) -> str:
    """One page without any outside reference; text of rows is escaped."""
    return _render("report.html.jinja", report, autoescape=True)


def markdown(report: dict[str, Any]) -> str:
    """The same without the charts; text of rows stands in quoted blocks, so that it can't become markup."""
    return _render("report.md.jinja", {**report, "table": markdown_table(report["table"])}, autoescape=False)


def _render(name: str, report: dict[str, Any], autoescape: bool) -> str:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, autoescape=autoescape, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name).render(report)
