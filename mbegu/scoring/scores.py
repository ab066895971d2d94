"""From predictions to flat, well-named numbers."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mbegu.metrics.diversity import distinct
from mbegu.rows.jsonl import read_lines
from mbegu.scoring.measures import Measures, ratio


def summarize(rows: Sequence[Mapping[str, tuple[float, float]]], answers: Sequence[str], digits: int) -> dict[str, Any]:
    """Metrics over all held-out rows.

    Args:
        rows: measures of each answer.

    Returns:
        The ratio of sums of each measure, in the order of first appearance; `perplexity` and `perplexity_per_byte`, the
        exponentials of the losses; `distinct1` and `distinct2` over all answers; `rows`.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    metrics = {name: found for name in names if (found := ratio(rows, name)) is not None}
    for loss, perplexity in (("heldout_loss", "perplexity"), ("loss_per_byte", "perplexity_per_byte")):
        metrics |= {perplexity: math.exp(metrics[loss])} if loss in metrics else {}  # an endpoint gives no losses
    metrics |= {"distinct1": distinct(answers, 1), "distinct2": distinct(answers, 2)}
    if not any("abstention_recall" in row for row in rows):  # no row is marked unanswerable: any abstention is a wrong one
        for name in ("abstention_precision", "abstention_f1"):
            metrics.pop(name, None)
    return {name: round(value, digits) for name, value in metrics.items()} | {"rows": len(rows)}


def measure_lines(ids: Sequence[str], rows: Sequence[Measures]) -> list[dict[str, Any]]:
    """The measures of each question as JSON Lines, weights and numerators rounded to 6 digits."""
    return [
        {"id": id_, "measures": {name: [round(part, 6) for part in pair] for name, pair in row.items()}}
        for id_, row in zip(ids, rows, strict=True)
    ]


def read_measures(path: Path) -> tuple[list[str], list[Measures]]:
    """Ids and measures that `measure_lines` wrote.

    Raises:
        BadInput: the file is missing or broken.
    """
    lines = [value for _, value in read_lines(path, ("id", "measures"))]
    return [line["id"] for line in lines], [{name: tuple(pair) for name, pair in line["measures"].items()} for line in lines]
