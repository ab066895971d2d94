"""How well a base model knows the language of a version's answers, measured against English answers of the same kind.

SmolLM2-135M, nats a byte:

    answers                                    float32   4-bit
    English, about daily life (`english.py`)      0.88    0.93
    English, data/seeds/v1.jsonl                  0.93    1.01
    English, data/reviews/v2.jsonl                1.03
    English, about a garden                       1.01
    the same, with 2 of 12 in Swahili             1.30
    Swahili (tests/training/languages.py)         2.87    3.02
    Amharic (the same)                            2.18    2.27

So a subject costs up to 1.18 times as much as daily life, a language that the base was not trained on 2.4 times and more:
`UNKNOWN` is about the geometric mean of the two. A letter of several bytes costs less a byte, so that the rule is slow to
warn of other scripts; there `spelling.py` helps.
"""

from collections.abc import Sequence
from typing import Any

import torch

from mbegu.text.draws import rank
from mbegu.training import packing
from mbegu.training.english import ANSWERS
from mbegu.training.loss import completion_loss

UNKNOWN = 1.7  # times the nats a byte of English
ROWS, TOKENS = 64, 1000  # the most that is measured
BATCH = 8
Texts = Sequence[list[int]]  # token ids, the first of which is given


def unknown(model: Any, rows: Any, tokenizer: Any) -> str | None:
    """A sentence if the model, not yet trained, finds these answers far less likely a byte than English ones, else None.

    Args:
        rows: encoded rows (see `encoded.SCHEMA`); a sample of them is measured, the same whenever the rows are.
    """
    english = nats_a_byte(model, [tokenizer(answer, add_special_tokens=False)["input_ids"] for answer in ANSWERS], tokenizer)
    own = nats_a_byte(model, _sample(rows), tokenizer)
    if own < UNKNOWN * english:
        return None
    return (
        f"the base model hardly knows the language of these answers: {own:.2f} nats a byte against {english:.2f} for English, "
        f"{own / english:.1f} times as many (above {UNKNOWN} it is not the subject). It will learn phrases and not the language; "
        "choose a model under `base` that was trained on it."
    )


def _sample(rows: Any) -> Texts:
    """Answers in the order of a hash of their rows' ids, until there are `TOKENS` tokens."""
    ids = rows["id"]
    found: list[list[int]] = []
    for index in sorted(range(len(rows)), key=lambda index: rank(ids[index]))[:ROWS]:
        if sum(len(answer) for answer in found) < TOKENS:
            found.append(rows[index]["input_ids"][rows[index]["completion_start"] :])
    return found


@torch.no_grad()
def nats_a_byte(model: Any, texts: Texts, tokenizer: Any) -> float:
    """Cross-entropy of texts, each given its first token, in nats a UTF-8 byte."""
    model.eval()
    rows = [{"input_ids": ids, "completion_start": 1} for ids in texts if len(ids) > 1]
    nats = 0.0
    for start in range(0, len(rows), BATCH):
        packed = packing.pack(rows[start : start + BATCH])
        batch = {key: value.to(model.device) if isinstance(value, torch.Tensor) else value for key, value in packed.items()}
        labels = batch.pop("labels")
        nats += float(completion_loss(model(**batch), labels, 1))
    said = (tokenizer.decode(row["input_ids"], skip_special_tokens=True) for row in rows)
    return nats / max(sum(len(text.encode()) for text in said), 1)
