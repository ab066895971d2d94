"""Leakage tests of 52,000 training rows against 1,000 held-out rows, on generated text with this project's word frequencies.

python benchmarks/leakage.py
"""

import random
import resource
import time
from collections import Counter
from pathlib import Path

from mbegu.curating.leakage import find_leak, guard
from mbegu.rows.heldout import read_heldout
from mbegu.rows.row import read_rows
from mbegu.text.words import words

ROOT = Path(__file__).parents[1]
TRAINING, HELDOUT, COPIES = 52_000, 1_000, 100


def generated(count: int) -> list[dict]:
    """Rows with the lengths and word frequencies of this project's."""
    known = [*read_rows(ROOT / "data/seeds/v1.jsonl", answered=True), *read_heldout(ROOT / "data/heldout.jsonl")]
    frequencies = Counter(word for row in known for word in words(f"{row['instruction']} {row['output']}"))
    names, weights = list(frequencies), list(frequencies.values())
    draw = random.Random(0)
    made = []
    for number in range(count):
        like = draw.choice(known)
        texts = [" ".join(draw.choices(names, weights, k=len(words(like[key])))) for key in ("instruction", "output")]
        origin = {"kind": "seed", "parents": [], "source": f"generated:{number}"}
        made.append({"id": str(number), "instruction": texts[0], "input": "", "output": texts[1], "origin": origin})
    return made


def two_words_changed(row: dict, number: int) -> dict:
    tokens = row["output"].split()
    for place in (len(tokens) // 3, 2 * len(tokens) // 3):
        tokens[place] = "changed"
    return {**row, "id": f"copy {number}", "instruction": f"copied question {number}", "output": " ".join(tokens)}


def main() -> None:
    rows = generated(TRAINING + HELDOUT)
    heldout, training = rows[:HELDOUT], rows[HELDOUT:]
    training[:COPIES] = [two_words_changed(row, number) for number, row in enumerate(heldout[:COPIES])]
    start = time.perf_counter()
    guarded = guard(heldout)
    leaks = [leak for row in training if (leak := find_leak(row, guarded, 0.7, 0.5))]
    seconds = time.perf_counter() - start
    found = sum(leak.row["id"].startswith("copy") for leak in leaks)
    print(f"{TRAINING:,} training rows against {HELDOUT:,} held-out rows: {seconds:.1f} s on one core")
    print(f"found {found} of {COPIES} held-out answers copied with two words changed, and {len(leaks) - found} others")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
