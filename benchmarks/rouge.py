"""ROUGE-1, -2, -L and -Lsum of the same pairs: Mbegu, what it was before (`plain_rouge.py`) and `rouge_score`, on one core.

    python benchmarks/rouge.py

Pairs are held-out references of this project against each other and against answers of its rows, 40 to 160 words, and the ads
of the Amharic example; the first half of them against the second. All three are timed in turns.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import plain_rouge
from rouge_score.rouge_scorer import RougeScorer

from mbegu.metrics import rouge

ROOT = Path(__file__).parents[1]
FILES = {
    "ASCII": [(ROOT / "data/heldout.jsonl", "output"), (ROOT / "data/seeds/v1.jsonl", "output")],
    "Amharic": [(ROOT / "examples/amharic_ads/data/briefs.jsonl", "reference")],
}
TYPES = {"rouge1, rouge2, rougeL": ["rouge1", "rouge2", "rougeL"], "and rougeLsum": [*rouge.TYPES]}
Scorer = Callable[[str, str], dict[str, Any]]


def pairs(files: list[tuple[Path, str]], ascii_only: bool, most: int) -> list[tuple[str, str]]:
    lines = [(line, key) for path, key in files for line in path.read_text(encoding="utf-8").split("\n") if line]
    texts = [json.loads(line)[key] for line, key in lines]
    texts = [text for text in texts if text.isascii() == ascii_only]
    half = len(texts) // 2
    return [(prediction, reference) for prediction in texts[:half] for reference in texts[half:]][:most]


def timed(score: Scorer, every: list[tuple[str, str]]) -> tuple[float, list[dict[str, Any]]]:
    """Seconds of this core, and the scores."""
    start = time.thread_time()
    found = [score(*pair) for pair in every]
    return time.thread_time() - start, found


def scorers(types: list[str]) -> dict[str, Scorer]:
    theirs = RougeScorer(types)
    return {
        "Mbegu": lambda prediction, reference: rouge.score(prediction, [reference], types),
        "before": lambda prediction, reference: plain_rouge.score(prediction, reference, types),
        "rouge_score": lambda prediction, reference: theirs.score(reference, prediction),
    }


def furthest(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> float:
    """The largest difference in precision, recall or F1."""
    rated = zip(ours, theirs, strict=True)
    both = ((mine[name] or (0, 0, 0), other[name]) for mine, other in rated for name in mine)
    return max(abs(value - wanted) for one, other in both for value, wanted in zip(one, other, strict=True))


@click.command()
@click.option("--pairs", "most", default=1500, show_default=True, help="Pairs of each kind, at most.")
@click.option("--repeats", default=3, show_default=True, help="Times, of which the fastest counts.")
def main(most: int, repeats: int) -> None:
    """Compare Mbegu's ROUGE with what it was, and with rouge_score."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for script, files in FILES.items():
        every = pairs(files, script == "ASCII", most)
        for label, types in TYPES.items():
            runs = [{name: timed(score, every) for name, score in scorers(types).items()} for _ in range(repeats)]
            found = {name: scores for name, (_, scores) in runs[0].items()}
            rates = {name: len(every) / min(run[name][0] for run in runs) for name in found}
            said = ", ".join(f"{name} {rate:,.0f} pairs/s" for name, rate in rates.items())
            print(f"{len(every):,} {script} pairs, {label}: {said}: {rates['Mbegu'] / rates['before']:.1f} times what it was")
            checked = ["before", "rouge_score"] if script == "ASCII" else ["before"]  # to rouge_score other scripts are empty
            worst = max(furthest(found["Mbegu"], found[name]) for name in checked)
            print(f"  largest difference in precision, recall or F1: {worst:.1e}; equal to 1e-12: {worst <= 1e-12}")


if __name__ == "__main__":
    main()
