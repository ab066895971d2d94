"""Tokenization: rows a second of Mbegu's batches against `Dataset.map` over single rows, on the same rows.

The map does what preprocessing code mostly does for each row: apply the chat template, tokenize the prompt for its
length, prompt and answer together, and write the labels (Mbegu stores where the answer begins).

python benchmarks/tokenization.py
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mbegu.quiet import quiet

quiet()

import pyarrow as pa  # noqa: E402
from datasets import Dataset, disable_progress_bars  # noqa: E402

from mbegu.asking.prompts import read_prompt  # noqa: E402
from mbegu.models.loading import load_tokenizer  # noqa: E402
from mbegu.rows.row import read_rows  # noqa: E402
from mbegu.training.encoded import SCHEMA  # noqa: E402
from mbegu.training.tokens import encode  # noqa: E402

ROOT = Path(__file__).parents[1]


def main() -> None:
    disable_progress_bars()
    rows = read_rows(ROOT / "data/seeds/v1.jsonl", answered=True) * 10
    tokenizer = load_tokenizer(ROOT / "models/base")
    prompt = read_prompt(ROOT / "templates/chat.jinja", True)
    dataset = Dataset.from_list([{key: row[key] for key in ("id", "instruction", "input", "output")} for row in rows])

    def one(row: dict) -> dict:
        turn = [{"role": "user", "content": row["instruction"] + (f"\n\n{row['input']}" if row["input"] else "")}]
        text = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        question = tokenizer(text, add_special_tokens=False)["input_ids"]
        ids = tokenizer(text + row["output"] + tokenizer.eos_token, add_special_tokens=False)["input_ids"]
        return {"input_ids": ids, "labels": [-100] * len(question) + ids[len(question) :]}

    def ours() -> pa.Table:  # as the encode stage does it
        return pa.Table.from_pylist(encode(rows, prompt, tokenizer), schema=SCHEMA)

    table, our_seconds = best(ours)
    theirs, their_seconds = best(lambda: dataset.map(one, load_from_cache_file=False))
    same = table["input_ids"].to_pylist() == list(theirs["input_ids"])
    print(
        f"Mbegu {len(rows) / our_seconds:.0f} rows/s, map over single rows {len(rows) / their_seconds:.0f} rows/s, best of three"
    )
    print(f"same ids: {same}; Mbegu is {their_seconds / our_seconds:.1f} times as fast")


def best(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` returns, and the seconds of the fastest of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return result, min(times)


if __name__ == "__main__":
    main()
