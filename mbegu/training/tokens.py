"""Rows to token ids: prompt and answer are tokenized apart, so that labels are known by position."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from mbegu.asking.prompts import Prompt, prompt_ids, row_prompts, token_ids
from mbegu.errors import BadInput
from mbegu.executors import Mapped, local
from mbegu.models.ends import trained_end
from mbegu.rows.ledger import Entry, Sieved, check_balance, entry
from mbegu.rows.lineage import roots
from mbegu.rows.row import Row
from mbegu.rows.shelf import Shelf
from mbegu.text.reasons import CUT_TO, LONGER

STAGE = "encode"
BATCH = 250  # rows a call of the tokenizer, which spreads a call over the cores
Size = tuple[str, int, int]  # id, tokens, trained tokens


def stream(
    rows: Iterable[Row], how: tuple[Prompt, Any, tuple[int, str]], sizes: list[Size] | Shelf[Size],
    ledger: list[Entry] | Shelf[Entry], mapped: Mapped = local,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Encoded rows (`encode`) that fit (`fit`), of which only a few thousand are held at a time.

    Args:
        how: the prompt, the tokenizer, and what `fit` is told of the longest row.
        sizes, ledger: learn the sizes of the rows that stay, and the lines of the others.

    Raises:
        BadInput: as those two.
        AssertionError: rows in are not rows out and dropped ones.
    """
    counts = Counter[str]()
    for kept, lines in mapped(partial(_fitting, *how), _batches(_counted(rows, counts))):
        for size in lengths(kept):
            sizes.append(size)
        for line in lines:
            ledger.append(line)
        yield from kept
    check_balance(counts["rows"], len(sizes), ledger, STAGE)


def _counted(rows: Iterable[Row], counts: Counter[str]) -> Iterator[Row]:
    for row in rows:
        counts["rows"] += 1
        yield row


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    return iter(lambda: [*islice(waiting, BATCH)], [])  # which does not hold a batch while it makes the next


def _fitting(prompt: Prompt, tokenizer: Any, bounds: tuple[int, str], batch: list[Row]) -> Sieved[list[Row]]:
    return fit(encode(batch, prompt, tokenizer), batch, *bounds)


def encode(rows: list[Row], prompt: Prompt, tokenizer: Any) -> list[dict[str, Any]]:
    """Token ids of each row: prompt, answer, end of the turn. The end is trained, so that the model learns to stop: it is the one
    that the chat template writes, where that wraps the prompt.

    Raises:
        BadInput: a row holds a control token, with its id and source.
    """
    encoded = []
    end = trained_end(tokenizer, prompt.chat)
    for batch in _batches(rows):
        prompts = prompt_ids(row_prompts(batch, prompt, tokenizer), prompt, tokenizer)
        answers = token_ids([row["output"] for row in batch], tokenizer, special_tokens=False)
        for row, question, answer in zip(batch, prompts, answers, strict=True):
            ids = [*question, *answer, end]
            encoded.append({"id": row["id"], "roots": roots(row), "input_ids": ids, "completion_start": len(question)})
    return encoded


def fit(encoded: list[dict[str, Any]], rows: list[Row], max_length: int, on_truncation: str) -> Sieved[list[Row]]:
    """Cuts every row to at most `max_length` tokens long.

    Args:
        rows: the rows behind `encoded`, for messages and the ledger.
        on_truncation: "error", "drop", or "keep" a longer row cut at its end (never one without an answer left).

    Returns:
        The encoded rows that stay, and ledger lines of the dropped and cut ones.

    Raises:
        BadInput: `on_truncation` is "error" and a row is longer.
    """
    kept, ledger = [], []
    for value, row in zip(encoded, rows, strict=True):
        length = len(value["input_ids"])
        if length <= max_length:
            kept.append(value)
        elif on_truncation == "error":
            raise BadInput(
                f"{row['origin'].get('source', row['id'])}: {length} tokens, encode.max_length allows {max_length}; "
                "shorten the row, raise max_length, or set encode.on_truncation to drop or keep."
            )
        elif on_truncation == "keep" and value["completion_start"] < max_length:
            kept.append({**value, "input_ids": value["input_ids"][:max_length]})
            ledger.append(entry(row, STAGE, "changed", f"{CUT_TO} {max_length} tokens", length))
        else:
            ledger.append(entry(row, STAGE, "dropped", f"{LONGER} {max_length} tokens", length))
    return Sieved(kept, ledger)


def lengths(encoded: Sequence[dict[str, Any]]) -> list[Size]:
    """(id, tokens, trained tokens) of each row."""
    return [(row["id"], len(row["input_ids"]), len(row["input_ids"]) - row["completion_start"]) for row in encoded]


def count(sizes: Iterable[Size], ledger: Iterable[Entry]) -> dict[str, int]:
    """What the metrics file says: rows and tokens, in all, trained, longest; rows cut and dropped."""
    done = Counter(line["action"] for line in ledger)
    rows = tokens = trained = longest = 0
    for _, length, taught in sizes:
        rows, tokens, trained, longest = rows + 1, tokens + length, trained + taught, max(longest, length)
    return {
        "rows": rows,
        "rows_cut": done["changed"],
        "rows_dropped": done["dropped"],
        "tokens": tokens,
        "trained_tokens": trained,
        "longest_row_tokens": longest,
    }
