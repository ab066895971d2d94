"""Which models a project examined, what their answers measure, what they cost."""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mbegu.builds import comparing
from mbegu.errors import BadInput
from mbegu.rows.exams import CLOSED, CONTROL, RETRIEVED, Exam
from mbegu.rows.lineage import side
from mbegu.rows.row import Row
from mbegu.scoring.comparison import BASE, Models
from mbegu.scoring.exams import Examined, of_documents
from mbegu.scoring.measures import measure
from mbegu.scoring.predictions import check_same_rows, read_predictions
from mbegu.scoring.settings import Score
from mbegu.text.settings import Locale
from mbegu.training.encoded import read_encoded

READ = ("learned", "pretrained")  # folders of adapters that have read plain text
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
            found = [*measure(answers, rows, BARE, None, locale)]
            ways[way][model] = found if way == CONTROL else of_documents(found, rows)
    return ways, questions


def counts(exam: Exam) -> dict[str, int]:
    """How many questions of each kind there are."""
    return {"closed": len(exam.closed), "sourced": sum(bool(row["source"]) for row in exam.closed), "control": len(exam.control)}


def costs(who: Examined, encoded: Path, params: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """By model that was trained here: rows that it was trained on, tokens that training went through in all epochs and phases,
    tokens of the answers among the rows. What is held back for validation is no part of them.

    Args:
        encoded: folder of the encode stage's files, and of counts of what adapters read before in plain text.

    Raises:
        BadInput: such a count is missing.
    """
    found = {model: _spent(PurePosixPath(str(who.weights[model])), encoded, params) for model in who.models}
    return {model: cost for model, cost in found.items() if cost}


def _spent(folder: PurePosixPath, encoded: Path, params: Mapping[str, Any]) -> dict[str, int] | None:
    """What a model cost; None of a base."""
    if folder.parent.name in READ:
        path = encoded / f"{folder.name}.{folder.parent.name}.json"
        if not path.is_file():
            raise BadInput(f"{path}: not there, and what {folder} has read is not known; build it with `dvc repro`.")
        return {"rows": 0, "tokens": int(json.loads(path.read_text(encoding="utf-8"))["trained"]), "answer_tokens": 0}
    version, epochs, start = comparing.trained_on(folder, params)
    path = encoded / f"{version}.arrow"
    if not version or not path.is_file():
        return None
    rows, tokens, answers = _counted(path, float((params.get("train") or {}).get("validation", 0)))
    before = _spent(PurePosixPath(str(start)), encoded, params) or {"tokens": 0}
    return {"rows": rows, "tokens": round(tokens * float(epochs)) + before["tokens"], "answer_tokens": answers}


def _counted(path: Path, validation: float) -> tuple[int, int, int]:
    """Rows that are trained on, their tokens, and those of their answers."""
    rows, _ = read_encoded(path)
    columns = zip(rows["roots"], rows["input_ids"], rows["completion_start"], strict=True)
    sizes = [(len(ids), len(ids) - start) for roots, ids, start in columns if side(roots, validation) == "training"]
    return len(sizes), sum(size for size, _ in sizes), sum(answer for _, answer in sizes)
