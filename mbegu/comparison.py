"""All models in one table, with each one's change against the base model."""

import json
import re
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput

BASE = "base"
# (metric, heading, whether higher is better; None: neither)
HEADINGS: list[tuple[str, str, bool | None]] = [
    ("rouge1", "ROUGE-1 F1", True),
    ("rouge2", "ROUGE-2 F1", True),
    ("rougeL", "ROUGE-L F1", True),
    ("rougeLsum", "ROUGE-Lsum F1", True),
    ("heldout_loss", "Held-out loss", False),
    ("perplexity", "Perplexity", False),
    ("answer_words", "Words an answer", None),
    ("length_ratio", "Length ratio", None),
    ("unfinished", "Unfinished", False),
]


def read_scores(folder: Path) -> dict[str, dict[str, float]]:
    """Metrics of each model, base first, then versions in natural order (v2 before v10).

    Raises:
        BadInput: no scores of the base model, or scores over different numbers of rows.
    """
    paths = sorted(folder.glob("*.json"), key=lambda path: (path.stem != BASE, _natural(path.stem)))
    scores = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    if BASE not in scores:
        raise BadInput(f"{folder}: no {BASE}.json here; build it with `dvc repro score_base`.")
    if len({metrics["rows"] for metrics in scores.values()}) > 1:
        raise BadInput(f"{folder}: scores over different held-out rows can't be compared; run `dvc repro`.")
    return scores


def _natural(name: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def compare(scores: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Each model's metrics, and `NAME_change` for versions: the relative change against the base model in percent."""
    compared = {}
    for model, metrics in scores.items():
        changes = {
            f"{name}_change": round(100 * (value / scores[BASE][name] - 1), 1)
            for name, value in metrics.items()
            if model != BASE and name != "rows" and scores[BASE].get(name)
        }
        compared[model] = {**metrics, **changes}
    return compared


def table(compared: dict[str, dict[str, float]]) -> list[list[str]]:
    """Header and one line a metric that any model has: name with its better direction, then each model's cell."""
    lines = [["Metric", *compared]]
    rows = next(iter(compared.values()))["rows"]
    for name, heading, higher in HEADINGS:
        if any(name in metrics for metrics in compared.values()):
            arrow = {True: " ↑", False: " ↓", None: ""}[higher]
            lines.append([heading + arrow, *(_cell(metrics, name) for metrics in compared.values())])
    return [*lines, ["Held-out rows", *(str(rows) for _ in compared)]]


def _cell(metrics: dict[str, float], name: str) -> str:
    if name not in metrics:
        return "–"
    change = metrics.get(f"{name}_change")
    return f"{metrics[name]:g}" + (f" ({change:+.1f} %)" if change is not None else "")


def markdown(lines: list[list[str]]) -> str:
    """The table in Markdown, columns padded so that it reads as plain text too."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    padded = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    rule = "-|-".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in [padded[0], *padded[1:]]).replace("\n", f"\n|-{rule}-|\n", 1) + "\n"
