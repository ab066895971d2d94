"""General texts among those of a corpus, so that a model does not forget the rest of what it knows.

Replay of a small share of other text is the plainest remedy for forgetting in continued pretraining (Ibrahim et al. 2024, "Simple
and Scalable Strategies to Continually Pre-train Large Language Models", arXiv 2403.08763, §4).
"""

from pathlib import Path
from typing import Any

import torch

from mbegu.errors import BadInput
from mbegu.rows.corpus import Message
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import KEYS, parse_row, question
from mbegu.text.draws import rank
from mbegu.training import packing
from mbegu.training.loss import completion_loss

Encoded = list[dict[str, Any]]


def read_general(path: str, share: float) -> list[Message]:
    """The rows of a file, as texts to read; none if `path` is "" or the file is empty.

    Raises:
        BadInput: as `parse_row`; a share of them is wanted, and there are none.
    """
    rows = [parse_row(value, where, answered=True) for where, value in read_lines(Path(path), KEYS)] if path else []
    if share and not rows:
        raise BadInput(
            f"pretrain.replay: {share:g} of the tokens shall be general text, and {path or 'no file'} has none; "
            "write rows into a file and name it, or set replay to 0."
        )
    return [{"id": row["id"], "text": f"{question(row)}\n{row['output']}"} for row in rows]


def draw(general: Encoded, tokens: int, share: float) -> Encoded:
    """As many general rows, by a hash of each, as make up `share` of all tokens together with `tokens` others; all if they are
    too few."""
    wanted = tokens * share / (1 - share)
    drawn: Encoded = []
    for row in sorted(general, key=lambda row: rank(f"replay {row['id']}")):
        if wanted <= 0:
            break
        drawn.append(row)
        wanted -= len(row["input_ids"]) - 1
    return drawn


def shortfall(drawn: Encoded, tokens: int, share: float) -> str | None:
    """A sentence where there is less general text than was asked for: it is read once a pass, and not over and over."""
    had = sum(len(row["input_ids"]) - 1 for row in drawn)
    reached = had / (had + tokens) if had else 0.0
    if not share or reached >= share - 0.01:
        return None
    return f"pretrain.replay: {reached:.1%} of the tokens are general text and not {share:.1%}; write more rows, or lower it."


def mean_loss(model: Any, rows: Encoded) -> float | None:
    """Mean over rows of the loss in nats a token, without dropout; None for no rows. Draws no random number."""
    if not rows:
        return None
    training = model.training
    model.eval()
    with torch.no_grad():
        found = [float(_loss(model, row)) for row in rows]
    model.train(training)
    return sum(found) / len(found)


def _loss(model: Any, row: dict[str, Any]) -> torch.Tensor:
    batch = packing.pack([row])
    labels = batch.pop("labels").to(model.device)
    placed = {key: value.to(model.device) if isinstance(value, torch.Tensor) else value for key, value in batch.items()}
    return completion_loss(model(**placed), labels)
