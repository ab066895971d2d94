"""Example conversations: the same held-out questions answered by several models, drawn by a rule and not by eye."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from mbegu.errors import BadInput
from mbegu.metrics.rouge import score
from mbegu.rows.heldout import read_heldout
from mbegu.scoring.predictions import check_same_rows, read_predictions
from mbegu.text.draws import rank
from mbegu.text.markdown import quoted
from mbegu.text.templates import page

Answers = dict[str, list[dict[str, Any]]]  # predictions by model, each list in the order of the held-out rows


def read_answers(folder: Path, models: Sequence[str], heldout: Path) -> Answers:
    """The predictions of each model.

    Raises:
        BadInput: a model named twice or without predictions, or answers to other rows than the held-out ones.
    """
    rows = read_heldout(heldout)
    answers: Answers = {}
    for model in models:
        path = folder / f"{model}.jsonl"
        if model in answers:
            raise BadInput(f"conversations.models: {model!r} is named twice; name each model once.")
        answers[model] = read_predictions(path)
        check_same_rows(answers[model], rows, path, heldout)
    return answers


def choose(ids: Sequence[str], count: int) -> list[int]:
    """Positions of `count` rows, or of all if there are fewer, by rank of a hash of their ids.

    The same rows whatever was answered and wherever they stand. A larger count adds rows at the end.
    """
    ranked = sorted(range(len(ids)), key=lambda place: rank(f"conversation {ids[place]}"))
    return ranked[:count]


def gather(answers: Answers, count: int) -> dict[str, Any]:
    """Everything that the template shows.

    Returns:
        `models`; `wanted`, the count; `rows`, how many there are; `conversations`, each a prediction with the `answers`
        (model, prediction, ROUGE-L F1) of all models; `means`, (model, mean ROUGE-L F1 of the conversations, of all
        rows). A ROUGE-L is None if no reference holds a word.
    """
    first = next(iter(answers.values()))
    chosen = choose([row["id"] for row in first], count)
    rated = {model: [_rouge_l(row) for row in rows] for model, rows in answers.items()}
    conversations = [
        {**first[place], "answers": [(model, rows[place], rated[model][place]) for model, rows in answers.items()]}
        for place in chosen
    ]
    means = [(model, _mean([values[place] for place in chosen]), _mean(values)) for model, values in rated.items()]
    return {"models": list(answers), "wanted": count, "rows": len(first), "conversations": conversations, "means": means}


def _rouge_l(answer: dict[str, Any]) -> float | None:
    rated = score(answer["prediction"], [answer["reference"]], ("rougeL",))["rougeL"]
    return None if rated is None else rated.f1


def _mean(values: Sequence[float | None]) -> float | None:
    rated = [value for value in values if value is not None]
    return fmean(rated) if rated else None


def markdown(gathered: dict[str, Any], templates: Path) -> str:
    """The page. Texts of rows stand in quoted blocks, in which none of their characters becomes markup."""
    return page(templates / "conversations.md.jinja", gathered, {"quoted": quoted})
