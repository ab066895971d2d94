"""Held-out answers of a model, as the predict stage wrote them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import Row
from mbegu.rows.shelf import Shelf

KEYS = (
    "id", "instruction", "input", "reference", "prediction", "tokens", "finish_reason", "reference_nll", "reference_tokens",
)  # fmt: skip


def read_predictions(path: Path) -> list[dict[str, Any]]:
    """Reads a file of the predict stage.

    Raises:
        BadInput: a line is broken or lacks a field, a question is answered twice, or there is none.
    """
    return [*stream_predictions(path)]


def stream_predictions(path: Path) -> Iterator[dict[str, Any]]:
    """As `read_predictions`, one at a time; an error comes where its line is. Ids alone are held."""
    ids: set[str] = set()
    for where, value in read_lines(path, KEYS):
        missing = [key for key in KEYS if key not in value]
        if missing:
            raise BadInput(f"{where}: {', '.join(missing)} missing; build it again with `dvc repro`.")
        if value["id"] in ids:
            raise BadInput(f"{path}: answers row {value['id']} more than once; build it again with `dvc repro`.")
        ids.add(value["id"])
        yield value
    if not ids:
        raise BadInput(f"{path}: no predictions; build it again with `dvc repro`.")


def check_same_rows(
    predictions: list[Row] | Shelf[Row], heldout: list[Row] | Shelf[Row], path: Path, heldout_path: Path
) -> None:  # fmt: skip
    """Raises `BadInput` unless the predictions answer exactly the held-out rows, with the references of today.

    A row's id is a hash of its question, so an edited question is another row.

    Args:
        predictions: each to another row, as they are read here; of them the ids alone are held.
        heldout: each with another id.
    """
    found = {value["id"]: place for place, value in enumerate(predictions)}
    unanswered = (row["instruction"] for row in heldout if row["id"] not in found)
    changed = (row["instruction"] for row in heldout if predictions[found[row["id"]]]["reference"] != row["output"])
    problem = None
    if (first := next(unanswered, None)) is not None:
        count = 1 + sum(1 for _ in unanswered)
        problem = f"{count} of {len(heldout)} rows have no answer, first {first!r}"
    elif len(found) > len(heldout):
        problem = f"{len(found) - len(heldout)} answers are to rows that are gone"
    elif (first := next(changed, None)) is not None:
        problem = f"the reference to {first!r} was edited"
    elif any(found[row["id"]] != place for place, row in enumerate(heldout)):
        problem = "the rows stand in another order"
    if problem:
        raise BadInput(f"{path}: does not answer the rows of {heldout_path}, which changed since: {problem}; run `dvc repro`.")
