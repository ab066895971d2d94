"""Tokenization: rows a second of Mbegu's batches against `Dataset.map` over single rows, on the same rows.

python benchmarks/tokenization.py
"""

import time
from pathlib import Path

from mbegu.quiet import quiet

quiet()

from datasets import Dataset, disable_progress_bars  # noqa: E402

from mbegu.encode import encode  # noqa: E402
from mbegu.models import load_tokenizer  # noqa: E402
from mbegu.prompt import prompt_text, read_prompt  # noqa: E402
from mbegu.rows import read_rows  # noqa: E402

ROOT = Path(__file__).parents[1]


def main() -> None:
    disable_progress_bars()
    rows = read_rows(ROOT / "data/seeds/v1.jsonl", answered=True) * 40
    tokenizer = load_tokenizer(ROOT / "models/base")
    prompt = read_prompt(ROOT / "templates/chat.jinja", True)
    dataset = Dataset.from_list([{key: row[key] for key in ("id", "instruction", "input", "output")} for row in rows])

    def one(row: dict) -> dict:
        text = prompt_text(prompt, tokenizer, row["instruction"], row["input"])
        question = tokenizer(text, add_special_tokens=False)["input_ids"]
        ids = question + tokenizer(row["output"], add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
        return {"input_ids": ids, "completion_start": len(question)}

    encode(rows[:100], ["g"] * 100, prompt, tokenizer)
    start = time.perf_counter()
    ours = encode(rows, ["g"] * len(rows), prompt, tokenizer)
    middle = time.perf_counter()
    theirs = dataset.map(one, load_from_cache_file=False)
    end = time.perf_counter()
    same = [value["input_ids"] for value in ours] == list(theirs["input_ids"])
    print(f"Mbegu {len(rows) / (middle - start):.0f} rows/s, map over single rows {len(rows) / (end - middle):.0f} rows/s")
    print(f"same ids: {same}; Mbegu is {(end - middle) / (middle - start):.1f} times as fast")


if __name__ == "__main__":
    main()
