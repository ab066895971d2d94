"""Into how many tokens a base model's tokenizer cuts the words of a version's answers, measured against English.

SmolLM2-135M: 1.17 for `english.py`, 1.43 for data/seeds/v1.jsonl, 2.79 for Swahili, whose words are long in any vocabulary,
11.0 for Amharic, which it spells byte by byte (the last two: tests/training/languages.py). A vocabulary for many languages,
Gemma 3's, needs 1.2 for English, 2.3 for Swahili and 3.2 for Amharic, so that `SPELT` is above what such a one comes to.
"""

from collections.abc import Iterable, Iterator
from heapq import nsmallest
from typing import Any

from mbegu.asking.prompts import token_ids
from mbegu.rows.row import Row
from mbegu.text.draws import rank
from mbegu.text.words import words
from mbegu.training.english import ANSWERS

SPELT = 3.0  # times the tokens a word of English
ROWS = 64  # the most that is measured


def sampled(rows: Iterable[Row], sample: list[Row]) -> Iterator[Row]:
    """The same rows; `sample` learns the ids and answers of those of which `spelt` would say the same as of all."""
    for row in rows:
        sample.append({"id": row["id"], "output": row["output"]})
        if len(sample) >= 100 * ROWS:
            sample[:] = _first(sample)
        yield row


def _first(rows: list[Row]) -> list[Row]:
    return nsmallest(ROWS, rows, key=lambda row: rank(row["id"]))


def spelt(rows: list[Row], tokenizer: Any) -> str | None:
    """A sentence if the tokenizer cuts a word of these rows' answers into far more tokens than an English one, else None."""
    english, own = (tokens_a_word(texts, tokenizer) for texts in (list(ANSWERS), [row["output"] for row in _first(rows)]))
    if own < SPELT * english:
        return None
    return (
        f"the base model's tokenizer cuts a word of these answers into {own:.1f} tokens, an English one into {english:.1f}: it "
        "was not made for this language, and training and answering cost as many times more; choose another model under `base`."
    )


def tokens_a_word(texts: list[str], tokenizer: Any) -> float:
    """Fertility; words as Unicode cuts them, one a character in scripts without spaces."""
    count = sum(len(words(text)) for text in texts)
    return sum(map(len, token_ids(texts, tokenizer, special_tokens=False))) / max(count, 1)
