"""Which models a project examined, what their answers measure, what they cost."""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mbegu.builds import comparing
from mbegu.errors import BadInput
from mbegu.rows.exams import CLOSED, CONTROL, RETRIEVED, Exam
from mbegu.rows.row import Row
from mbegu.scoring.comparison import BASE, Models
from mbegu.scoring.exams import Examined, of_documents
from mbegu.scoring.measures import measure
from mbegu.scoring.predictions import check_same_rows, read_predictions
from mbegu.scoring.settings import Score
from mbegu.text.settings import Locale

BARE = Score([], Path(), 4)  # no ROUGE: facts, abstention, loss and form alone


def who(params: Mapping[str, Any], name: str, place: Path) -> Examined:
    """The models that were examined about some documents, the base first.

    Args:
        name: of the documents.
        place: whose params they are.

    Raises:
        BadInput: the base is not among them.
    """
    items = params.get("examined") or {}
    folders = {model: item["model"] for model, item in items.items() if item["documents"] == name}
    if BASE not in folders:
        raise BadInput(
            f"{place}: examined names {', '.join(folders) or 'none'} for {name}; add "
            f"`{BASE}: {{documents: {name}, model: {params.get('base_model')}}}`, to compare with it."
        )
    trained = {**params, "models": folders}
    again = comparing.again(trained)
    models = sorted((model for model in folders if model not in again), key=lambda model: model != BASE)
    return Examined(models, comparing.trainings(trained), comparing.weights(trained))


def measured(
    folder: Path, who: Examined, exam: Exam, place: Path, locale: Locale
) -> tuple[dict[str, Models], dict[str, list[Row]]]:  # fmt: skip
    """Measures by way and model, and the questions by way.

    Args:
        folder: of the examine stage's answers.
        place: of the exam's questions, for messages.

    Raises:
        BadInput: answers are missing, or are to other questions.
    """
    questions = {CLOSED: exam.closed, RETRIEVED: exam.closed} | ({CONTROL: exam.control} if exam.control else {})
    models = dict.fromkeys([*who.models, *(model for version in who.trainings for model in version)])
    ways: dict[str, Models] = {way: {} for way in questions}
    for way, rows in questions.items():
        for model in models:
            path = folder / model / f"{way}.jsonl"
            answers = read_predictions(path)
            check_same_rows(answers, rows, path, place)
            found = measure(answers, rows, BARE, None, locale)
            ways[way][model] = found if way == CONTROL else of_documents(found, rows)
    return ways, questions


def counts(exam: Exam) -> dict[str, int]:
    """How many questions of each kind there are."""
    return {"closed": len(exam.closed), "sourced": sum(bool(row["source"]) for row in exam.closed), "control": len(exam.control)}


def costs(who: Examined, encoded: Path, params: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """By model that a version's rows trained: rows, tokens that training went through, tokens of the answers among the rows.

    What a model had read before, in plain text (`learn`), is no part of it.
    """
    found = {}
    for model in who.models:
        version, epochs = _trained_on(PurePosixPath(str(who.weights[model])), params)
        path = encoded / f"{version}.json"
        if version and path.is_file():
            counted = json.loads(path.read_text(encoding="utf-8"))
            tokens = round(counted["tokens"] * float(epochs))
            found[model] = {"rows": counted["rows"], "tokens": tokens, "answer_tokens": counted["trained_tokens"]}
    return found


def _trained_on(folder: PurePosixPath, params: Mapping[str, Any]) -> tuple[str, Any]:
    """The version on whose rows a model was trained last, and for how many epochs; "" for none."""
    epochs = (params.get("train") or {}).get("epochs", 1)
    if folder.parent.name == "adapters":
        return folder.name, epochs
    item = (params.get(folder.parent.name) or {}).get(folder.name) or {}
    return (item.get("version", ""), item.get("epochs", epochs)) if folder.parent.name in ("noise", "continued") else ("", 0)
