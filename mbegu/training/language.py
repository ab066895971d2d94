"""How well a base model knows the language of a version's answers, measured against English ones that are no longer.

SmolLM2-135M in bf16, nats a byte of the answers and of the beginnings of `english.py` that are as long in tokens:

    answers                                                         these  English  times
    data/encoded/v1                                                  1.01     0.83   1.22
    data/encoded/v2                                                  1.21     0.84   1.45
    data/encoded/v3                                                  1.05     0.84   1.26
    examples/company_docs: v1, short English, some in Swahili        1.31     0.92   1.42
    its raft (quizzed: 1.57), shorter and with more names            1.47     0.93   1.58
    Swahili (tests/training/languages.py)                            2.73     0.87   3.13
    the same, cut to the lengths of raft                             2.89     0.93   3.10
    Amharic (the same file)                                          2.02     0.83   2.43
    the same, cut to the lengths of raft                             2.71     0.93   2.90

So a subject costs up to 1.58 times as much as daily life, a language that the base was not trained on 2.43 times and more:
`UNKNOWN` is a little under the geometric mean. Three things that are not the language would hide the difference:

- The first words of a text cost more than the later ones, in English too: therefore beginnings as long.
- The token that ends an answer, which a base without tuning does not expect, costs 12 to 27 nats after a few words, as much
  as several words: it is left out. With it and all short answers quizzed came to 1.82, raft to 1.73.
- A name alone costs nearly as much as a foreign language (seven answers of quizzed: 2.67), and nothing tells the two apart:
  answers under `SHORT` tokens are left out, and where less than `FEW` tokens remain, too few to tell, nothing is said.

Left open: where most answers are sentences full of names (six of raft: 2.24) the warning can be false. A letter of several
bytes costs less a byte, so that the rule is slow to warn of other scripts; there `spelling.py` helps.
"""

from collections.abc import Sequence
from typing import Any

import torch

from mbegu.text.draws import rank
from mbegu.training import packing
from mbegu.training.english import ANSWERS
from mbegu.training.loss import completion_loss

UNKNOWN = 1.9  # times the nats a byte of English
ROWS, TOKENS = 64, 1000  # the most that is measured
SHORT, FEW = 8, 100  # tokens: a shorter answer, or a sample of less than that, is not judged
BATCH = 8
Texts = Sequence[list[int]]  # token ids, the first of which is given


def unknown(model: Any, rows: Any, tokenizer: Any) -> str | None:
    """A sentence if the model, not yet trained, finds these answers far less likely a byte than English ones, else None.

    Args:
        rows: encoded rows (see `encoded.SCHEMA`); a sample of them is measured, the same whenever the rows are.
    """
    answers = _sample(rows, set(tokenizer.all_special_ids))
    if sum(map(len, answers)) < FEW:
        return None
    own, english = (nats_a_byte(model, texts, tokenizer) for texts in (answers, _as_long(answers, tokenizer)))
    if own < UNKNOWN * english:
        return None
    return (
        f"the base model hardly knows the language of these answers: {own:.2f} nats a byte against {english:.2f} for English, "
        f"{own / english:.1f} times as many (above {UNKNOWN} it is not the subject). It will learn phrases and not the language; "
        "choose a model under `base` that was trained on it."
    )


def _sample(rows: Any, special: set[int]) -> Texts:
    """Of the first `ROWS` answers by a hash of their rows' ids those that are not short, until there are `TOKENS` tokens.

    Args:
        special: tokens that are left out; the end of an answer is no word of its language.
    """
    ids = rows["id"]
    found: list[list[int]] = []
    for index in sorted(range(len(rows)), key=lambda index: rank(ids[index]))[:ROWS]:
        row = rows[index]
        answer = [token for token in row["input_ids"][row["completion_start"] :] if token not in special]
        if len(answer) >= SHORT and sum(map(len, found)) < TOKENS:
            found.append(answer)
    return found


def _as_long(answers: Texts, tokenizer: Any) -> Texts:
    """The English answers in turn, one for each of these and cut to its tokens: a word costs more, the less stands before it."""
    english = [tokenizer(answer, add_special_tokens=False)["input_ids"] for answer in ANSWERS]
    return [english[number % len(english)][: len(answer)] for number, answer in enumerate(answers)]


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
