"""Held-out answers of a model, as the predict stage wrote them."""

from collections import Counter
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import Row

KEYS = (
    "id", "instruction", "input", "reference", "prediction", "tokens", "finish_reason", "reference_nll", "reference_tokens",
)  # fmt: skip


def read_predictions(path: Path) -> list[dict[str, Any]]:
    """Reads a file of the predict stage.

    Raises:
        BadInput: a line is broken or lacks a field, a question is answered twice, or there is none.
    """
    predictions = []
    for where, value in read_lines(path, KEYS):
        missing = [key for key in KEYS if key not in value]
        if missing:
            raise BadInput(f"{where}: {', '.join(missing)} missing; build it again with `dvc repro`.")
        predictions.append(value)
    if not predictions:
        raise BadInput(f"{path}: no predictions; build it again with `dvc repro`.")
    twice = [id_ for id_, count in Counter(value["id"] for value in predictions).items() if count > 1]
    if twice:
        raise BadInput(f"{path}: answers row {twice[0]} more than once; build it again with `dvc repro`.")
    return predictions


def check_same_rows(predictions: list[dict[str, Any]], heldout: list[Row], path: Path, heldout_path: Path) -> None:
    """Raises `BadInput` unless the predictions answer exactly the held-out rows, with the references of today.

    A row's id is a hash of its question, so an edited question is another row.
    """
    expected, found = {row["id"]: row["output"] for row in heldout}, {value["id"]: value["reference"] for value in predictions}
    unanswered = [row for row in heldout if row["id"] not in found]
    problem = None
    if unanswered:
        problem = f"{len(unanswered)} of {len(heldout)} rows have no answer, first {unanswered[0]['instruction']!r}"
    elif len(found) > len(expected):
        problem = f"{len(found) - len(expected)} answers are to rows that are gone"
    elif changed := next((row for row in heldout if found[row["id"]] != row["output"]), None):
        problem = f"the reference to {changed['instruction']!r} was edited"
    elif list(expected) != list(found):
        problem = "the rows stand in another order"
    if problem:
        raise BadInput(f"{path}: does not answer the rows of {heldout_path}, which changed since: {problem}; run `dvc repro`.")
