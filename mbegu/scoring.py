"""From predictions to flat, well-named numbers."""

import math
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.metrics.rouge import Rouge
from mbegu.rows import Row, read_lines
from mbegu.text import words

KEYS = (
    "id", "instruction", "input", "reference", "prediction", "tokens", "finish_reason", "reference_nll", "reference_tokens",
)  # fmt: skip


def read_predictions(path: Path) -> list[dict[str, Any]]:
    """Reads a file of the predict stage.

    Raises:
        BadInput: a line is broken or lacks a field, or there is none.
    """
    predictions = []
    for where, value in read_lines(path, KEYS):
        missing = [key for key in KEYS if key not in value]
        if missing:
            raise BadInput(f"{where}: {', '.join(missing)} missing; build it again with `dvc repro`.")
        predictions.append(value)
    if not predictions:
        raise BadInput(f"{path}: no predictions; build it again with `dvc repro`.")
    return predictions


def check_same_rows(predictions: list[dict[str, Any]], heldout: list[Row], path: Path, heldout_path: Path) -> None:
    """Raises `BadInput` unless the predictions answer exactly the held-out rows, with the references of today."""
    expected = [(row["id"], row["output"]) for row in heldout]
    if [(value["id"], value["reference"]) for value in predictions] != expected:
        raise BadInput(f"{path}: does not answer the rows of {heldout_path}, which changed since; run `dvc repro`.")


def score(predictions: list[dict[str, Any]], rouge: tuple[str, ...], digits: int) -> dict[str, float]:
    """Metrics over all held-out rows.

    Args:
        rouge: ROUGE types to report, as mean F1 over rows (0 to 1).

    Returns:
        Those, and `heldout_loss` (nats a token of the references, ends included), `perplexity` (its
        exponential), `answer_words` (mean), `length_ratio` (words answered to words of reference),
        `unfinished` (answers cut off by the token limit), `empty` (answers without a word), `rows`.

    Raises:
        BadInput: an unknown ROUGE type.
    """
    answers = [value["prediction"] for value in predictions]
    references = [value["reference"] for value in predictions]
    means = Rouge(keep_in_memory=True).compute(predictions=answers, references=references, rouge_types=list(rouge))
    loss = sum(value["reference_nll"] for value in predictions) / sum(value["reference_tokens"] for value in predictions)
    answered = sum(len(words(text)) for text in answers)
    metrics = {
        **means,
        "heldout_loss": loss,
        "perplexity": math.exp(loss),
        "answer_words": answered / len(answers),
        "length_ratio": answered / sum(len(words(text)) for text in references),
    }
    return {name: round(value, digits) for name, value in metrics.items()} | {
        "unfinished": sum(value["finish_reason"] == "length" for value in predictions),
        "empty": sum(not words(text) for text in answers),
        "rows": len(predictions),
    }
