"""Phase one of two: an adapter reads all text of a corpus before it is trained to answer.

Continued pretraining on the text of a domain or a language (Gururangan et al. 2020, arXiv 2004.10964): no prompt, and every
token is trained. What comes too near to a held-out row stays out, or the scores of what follows would mean nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from mbegu.asking.prompts import control_tokens, token_ids
from mbegu.curating.leakage import Guard, Leak, find_leak, guard
from mbegu.errors import BadInput
from mbegu.rows.corpus import Message
from mbegu.rows.ledger import Entry, Sieved, check_balance, entry
from mbegu.rows.lineage import side
from mbegu.rows.row import Row, question, row_id
from mbegu.text.context import without_context
from mbegu.text.draws import rank
from mbegu.text.reasons import CONTROL_TOKEN, EMPTY, NEAR_HELD_OUT
from mbegu.training.settings import Corpus

STAGE = "pretrain"
BATCH = 2000  # texts a call of the tokenizer, which spreads a call over the cores


def readable(messages: list[Message], heldout: list[Row], corpus: Corpus, tokenizer: Any) -> Sieved[list[Row]]:
    """Leaves out messages without text, with a control token, or too near to a held-out question or answer: as a whole, and no
    line of them may ask what a held-out row asks.

    What retrieval found for a held-out question is no part of it: the model is shown it anyhow.

    Raises:
        BadInput: no message is left.
    """
    halves = [half for row in heldout for half in _halves(row)]
    guards = guard(halves), guard([half for half in halves if half["half"] == "question"])
    tokens = control_tokens(tokenizer)
    kept, ledger = [], []
    for message in messages:
        reason = _unreadable(message["text"], tokens)
        leak = None if reason else _leak(message["text"], *guards, corpus)
        if reason:
            ledger.append(entry(message, STAGE, "dropped", reason))
        elif leak:
            near = leak.heldout
            ledger.append(entry(message, STAGE, "dropped", f"{NEAR_HELD_OUT}: its {near['half']}", leak.score, near["of"]))
        else:
            kept.append(message)
    check_balance(len(messages), len(kept), ledger, STAGE)
    if not kept:
        raise BadInput(f"{corpus.messages}: none of {len(messages)} messages is left to train on ({_reasons(ledger)}).")
    return Sieved(kept, ledger)


def _leak(text: str, whole: Guard, asking: Guard, corpus: Corpus) -> Leak | None:
    near, shared = corpus.heldout_similarity, corpus.heldout_overlap
    lines = [line for line in text.splitlines() if line.strip()]
    found = (find_leak(_as_row(line), asking, near, shared) for line in (lines if len(lines) > 1 else ()))
    return find_leak(_as_row(text), whole, near, shared) or next(filter(None, found), None)


def _halves(row: Row) -> Iterator[Row]:
    """A held-out row's question and answer, as rows of their own; of a closed-book row only the question, as its answer is what
    reading shall teach."""
    asked = question({**row, "input": without_context(row["input"])})
    for half, text in (("question", asked), *([] if row.get("source") else [("answer", row["output"])])):
        yield _as_row(text) | {"of": row["id"], "half": half}


def _as_row(text: str) -> Row:
    return {"id": row_id(text, ""), "instruction": text, "input": "", "output": "", "origin": {"parents": []}}


def _unreadable(text: str, tokens: Sequence[str]) -> str | None:
    if not text.strip():
        return EMPTY
    return next((f"{CONTROL_TOKEN}: {token}" for token in tokens if token in text), None)


def _reasons(ledger: list[Entry]) -> str:
    return ", ".join(sorted({line["reason"].partition(":")[0] for line in ledger}))


def encode(messages: list[Message], tokenizer: Any, max_length: int) -> list[dict[str, Any]]:
    """Token ids of each text with its end, in pieces of at most `max_length`, as rows of `encoded.SCHEMA`.

    The pieces of a text share its hash as their root, so that they, and the same text sent again, are on one side of the
    validation split.
    """
    rows = []
    for start in range(0, len(messages), BATCH):
        batch = messages[start : start + BATCH]
        texts = token_ids([message["text"] for message in batch], tokenizer, special_tokens=False)
        for message, ids in zip(batch, texts, strict=True):
            found = pieces([*ids, tokenizer.eos_token_id], beginning(tokenizer), max_length)
            about = {"id": message["id"], "roots": [rank(message["text"])], "completion_start": 1}
            rows += [{**about, "input_ids": piece} for piece in found]
    return rows


def is_held_back(row: dict[str, Any], validation: float) -> bool:
    """Whether an encoded text is on the side of the validation split that is not trained on."""
    return side(row["roots"], validation) == "validation"


def beginning(tokenizer: Any) -> list[int]:
    """The token that a tokenizer puts before a plain text, if it puts one."""
    ids = token_ids([""], tokenizer, special_tokens=True)[0]
    return ids[:1] if ids[:1] == [tokenizer.bos_token_id] else []


def pieces(ids: list[int], first: list[int], max_length: int) -> list[list[int]]:
    """Cuts a text so that each token is predicted once, whatever its length.

    Args:
        ids: of the text and its end.
        first: the token that each piece begins with; none, and a piece begins with the last token of the one before it, the
            first piece with the text's first token, which nothing predicts.
    """
    whole = [*first, *ids]
    starts = range(1, len(whole), max_length - 1)
    return [[*(first or whole[start - 1 : start]), *whole[start : start + max_length - 1]] for start in starts]
