"""From predictions to flat, well-named numbers."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mbegu.metrics.diversity import distinct
from mbegu.rows.jsonl import read_lines
from mbegu.rows.shelf import Shelf
from mbegu.scoring.measures import Measures


def summarize(rows: list[Measures] | Shelf[Measures], answers: Iterable[str], digits: int) -> dict[str, Any]:
    """Metrics over all held-out rows, which are taken one at a time.

    Args:
        rows: measures of each answer.

    Returns:
        The ratio of sums of each measure, in the order of first appearance; `perplexity` and `perplexity_per_byte`, the
        exponentials of the losses; `distinct1` and `distinct2` over all answers; `rows`.
    """
    sums: dict[str, tuple[float, float]] = {}
    for row in rows:
        for name, (found, weight) in row.items():  # added as sum() of Python 3.11 adds; other ways have other last bits
            before = sums.get(name, (0, 0))
            sums[name] = before[0] + found, before[1] + weight
    metrics = {name: found / weight for name, (found, weight) in sums.items() if weight}
    for loss, perplexity in (("heldout_loss", "perplexity"), ("loss_per_byte", "perplexity_per_byte")):
        metrics |= {perplexity: math.exp(metrics[loss])} if loss in metrics else {}  # an endpoint gives no losses
    metrics["distinct1"], metrics["distinct2"] = distinct(answers)
    if "abstention_recall" not in sums:  # no row is marked unanswerable: any abstention is a wrong one
        for name in ("abstention_precision", "abstention_f1"):
            metrics.pop(name, None)
    return {name: round(value, digits) for name, value in metrics.items()} | {"rows": len(rows)}


def measure_lines(ids: Iterable[str], rows: Iterable[Measures]) -> Iterator[dict[str, Any]]:
    """The measures of each question as JSON Lines, weights and numerators rounded to 6 digits."""
    for id_, row in zip(ids, rows, strict=True):
        yield {"id": id_, "measures": {name: [round(part, 6) for part in pair] for name, pair in row.items()}}


def read_measures(path: Path) -> tuple[list[str], list[Measures]]:
    """Ids and measures that `measure_lines` wrote.

    Raises:
        BadInput: the file is missing or broken.
    """
    lines = [value for _, value in read_lines(path, ("id", "measures"))]
    return [line["id"] for line in lines], [{name: tuple(pair) for name, pair in line["measures"].items()} for line in lines]
