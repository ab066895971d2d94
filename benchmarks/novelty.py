"""Greedy novelty filtering: Mbegu's index against `rouge_score` in a process pool, as Self-Instruct's code does it.

    python benchmarks/novelty.py

Texts are drawn from the word frequencies and question lengths of this project's own rows. Both sides decide on the same
candidates against the same 52,000 texts; then the index alone filters 200,000 texts from an empty pool.
"""

import random
import resource
import time
from collections import Counter
from functools import partial
from multiprocessing import Pool, cpu_count
from pathlib import Path

import vl_convert
from rouge_score.rouge_scorer import RougeScorer

from mbegu.rows.heldout import read_heldout
from mbegu.rows.row import read_rows
from mbegu.text.alike import Index
from mbegu.text.words import words

ROOT = Path(__file__).parents[1]
SIZE, CANDIDATES, MOST = 52_000, 8, 200_000
STEPS = (1_000, 2_000, 5_000, 10_000, 20_000, 52_000, 100_000, MOST)
SCORER = RougeScorer(["rougeL"])


def texts(count: int) -> list[str]:
    """Questions by unigram frequencies, one in twenty a slight change of an earlier one."""
    rows = [*read_rows(ROOT / "data/seeds/v1.jsonl", answered=True), *read_heldout(ROOT / "data/heldout.jsonl")]
    frequencies = Counter(word for row in rows for word in words(f"{row['instruction']} {row['output']}"))
    lengths = [len(words(row["instruction"])) for row in rows]
    draw = random.Random(0)
    names, weights = list(frequencies), list(frequencies.values())
    made: list[str] = []
    while len(made) < count:
        if made and draw.random() < 0.05:
            tokens = draw.choice(made).split()
            tokens[draw.randrange(len(tokens))] = draw.choices(names, weights)[0]
        else:
            tokens = draw.choices(names, weights, k=draw.choice(lengths))
        made.append(" ".join(tokens))
    return made


def reference_score(candidate: str, text: str) -> float:
    return SCORER.score(text, candidate)["rougeL"].fmeasure


def reference(pool: Pool, candidates: list[str], texts: list[str]) -> list[bool]:
    """Self-Instruct's loop: all scores of a candidate over the pool, then their maximum."""
    return [max(pool.map(partial(reference_score, candidate), texts, chunksize=1000)) > 0.7 for candidate in candidates]


def fill(index: Index, texts: list[str]) -> None:
    for text in texts:
        index.add(words(text))


def main() -> None:
    every = texts(MOST)
    pooled, candidates = every[:SIZE], every[SIZE : SIZE + CANDIDATES // 2] + every[: CANDIDATES // 2]
    index = Index()
    fill(index, pooled)
    start = time.perf_counter()
    for _ in range(100):
        ours = [index.nearest(words(candidate), 0.7) is not None for candidate in candidates]
    our_seconds = (time.perf_counter() - start) / 100 / CANDIDATES
    with Pool(cpu_count()) as pool:
        pool.map(len, pooled[:100])
        start = time.perf_counter()
        theirs = reference(pool, candidates, pooled)
        their_seconds = (time.perf_counter() - start) / CANDIDATES
    print(f"one candidate against {SIZE:,} texts: Mbegu {our_seconds * 1e3:.2f} ms, rouge_score in a pool {their_seconds:.2f} s")
    print(f"decisions equal: {ours == theirs}; Mbegu is {their_seconds / our_seconds:.0f} times as fast", flush=True)
    index, points = Index(), []
    start = time.perf_counter()
    for number, text in enumerate(every, 1):
        tokens = words(text)
        if index.nearest(tokens, 0.7) is None:
            index.add(tokens)
        if number in STEPS:
            seconds = time.perf_counter() - start
            points.append({"texts": number, "seconds": round(seconds, 2)})
            print(f"{number:>8,} texts: {len(index):,} kept, {seconds:.1f} s", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    plot(points, ROOT / "docs/novelty.svg")


def plot(points: list[dict], path: Path) -> None:
    """The curve of time against pool size."""
    encoding = {
        "x": {"field": "texts", "type": "quantitative", "title": "texts filtered"},
        "y": {"field": "seconds", "type": "quantitative", "title": "seconds"},
    }
    spec = {
        "data": {"values": points},
        "mark": {"type": "line", "point": True},
        "encoding": encoding,
        "width": 440,
        "height": 240,
    }
    path.write_text(vl_convert.vegalite_to_svg({"$schema": "https://vega.github.io/schema/vega-lite/v5.json", **spec}))
    print(f"curve: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
