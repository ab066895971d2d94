"""ROUGE-1, -2, -L and -Lsum of the same pairs: Mbegu and `rouge_score`, on one core each.

    python benchmarks/rouge.py

Pairs are held-out references of this project against each other and against answers of its rows, 40 to 160 words.
"""

import json
import os
import time
from pathlib import Path

from rouge_score.rouge_scorer import RougeScorer

from mbegu.metrics import rouge

ROOT = Path(__file__).parents[1]
TYPES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
REPEATS = 3


def texts() -> list[str]:
    names = ("heldout", "seeds/v1")
    outputs = []
    for name in names:
        with (ROOT / f"data/{name}.jsonl").open(encoding="utf-8") as file:
            outputs += [json.loads(line)["output"] for line in file]
    return [text for text in outputs if text.isascii()]


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    every = texts()
    half = len(every) // 2
    pairs = [(prediction, reference) for prediction in every[:half] for reference in every[half:]][:1500]
    scorer = RougeScorer(TYPES)
    our_seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        ours = [rouge.score(prediction, [reference], TYPES) for prediction, reference in pairs]
        our_seconds.append(time.perf_counter() - start)
    start = time.perf_counter()
    theirs = [scorer.score(reference, prediction) for prediction, reference in pairs]
    their_seconds = time.perf_counter() - start
    worst = max(
        abs(value - other)
        for mine, reference in zip(ours, theirs, strict=True)
        for name in TYPES
        for value, other in zip(mine[name] or (0, 0, 0), reference[name], strict=True)
    )
    print(f"{len(pairs):,} pairs of this project's answers, one core")
    print(f"largest difference in precision, recall or F1: {worst:.1e}; equal to 1e-12: {worst <= 1e-12}")
    rates = [len(pairs) / seconds for seconds in (min(our_seconds), their_seconds)]
    print(f"Mbegu {rates[0]:,.0f} pairs/s, rouge_score {rates[1]:,.0f} pairs/s: {rates[0] / rates[1]:.1f} times as fast")


if __name__ == "__main__":
    main()
