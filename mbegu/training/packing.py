"""A batch as one long row without padding, and attention that stays inside each of its rows.

A padded batch of 120 to 220 token rows spends a third of its work on padding. Here the rows of a
batch are laid end to end, positions restart at each row, and attention runs row by row (on a GPU in
one kernel), so the result is what each row alone would give.
"""

import itertools
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from mbegu.models import row_attention

NAME = "mbegu_rows"
IGNORED = -100
# Up to this many tokens a row, plain matrix products beat PyTorch's CPU kernel (3 times at 130 to 220 tokens,
# benchmarks/attention.py) and the stored probabilities stay small: heads x 512^2 x 2 bytes.
PLAIN_LIMIT = 512


def pack(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Collates encoded rows into one sequence.

    Returns:
        `input_ids` and `position_ids` (1, tokens); `logits_to_keep` (targets,), the positions whose next
        token is trained; `labels` (1, 1 + targets), those tokens after a first `IGNORED` (the Trainer
        counts targets from the second label on); `row_lengths`, a list of ints; `row_starts` (rows + 1,)
        int32, where each row starts, and the end of the last; `longest_row`, an int.
    """
    lengths = [len(row["input_ids"]) for row in rows]
    ids = torch.tensor([token for row in rows for token in row["input_ids"]])
    keep, offset = [], 0
    for row, length in zip(rows, lengths, strict=True):
        keep.append(torch.arange(offset + row["completion_start"] - 1, offset + length - 1))
        offset += length
    positions = torch.cat(keep)
    return {
        "input_ids": ids[None],
        "position_ids": torch.cat([torch.arange(length) for length in lengths])[None],
        "logits_to_keep": positions,
        "labels": torch.cat([torch.tensor([IGNORED]), ids[positions + 1]])[None],
        "row_lengths": lengths,
        "row_starts": torch.tensor([0, *itertools.accumulate(lengths)], dtype=torch.int32),
        "longest_row": max(lengths),
        "use_cache": False,
    }


def attend_within_rows(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    **settings: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention over a packed batch, for `transformers.AttentionInterface`.

    Args:
        query: (1, heads, tokens, head size); `key` and `value` have (1, key heads, tokens, head size).
        settings: what `pack` says of the rows (without it, one row); `dropout`; on CUDA `sliding_window`, tokens that a token
            sees; others are of no effect.

    Returns:
        (1, tokens, heads, head size), and None for the weights.
    """
    if row_attention.can_attend(query, settings):
        return _in_one_kernel(query, key, value, scaling, settings), None
    lengths, dropout = settings.get("row_lengths") or [query.shape[2]], settings.get("dropout", 0.0)
    parts = zip(query[0].split(lengths, 1), key[0].split(lengths, 1), value[0].split(lengths, 1), strict=True)
    rows = [
        _plain(*part, scaling)
        if part[0].device.type == "cpu" and part[0].shape[1] <= PLAIN_LIMIT and not dropout
        else scaled_dot_product_attention(*part, is_causal=True, scale=scaling, dropout_p=dropout, enable_gqa=True)
        for part in parts
    ]
    return torch.cat(rows, 1)[None].transpose(1, 2), None


def _in_one_kernel(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float, settings: dict[str, Any]
) -> torch.Tensor:
    starts, longest = settings.get("row_starts"), settings.get("longest_row")
    if starts is None or longest is None:
        longest = query.shape[2]
        starts = torch.tensor([0, longest], dtype=torch.int32, device=query.device)
    rows = row_attention.Rows(starts, longest, settings.get("sliding_window") or 0)
    query, key, value = (tensor[0].transpose(0, 1) for tensor in (query, key, value))
    return row_attention.attend(query, key, value, rows, scaling)[None]


def _plain(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float) -> torch.Tensor:
    heads, tokens, size = query.shape
    groups = heads // key.shape[0]  # grouped-query attention: so many query heads share a key head
    causal = torch.full((tokens, tokens), float("-inf"), dtype=query.dtype).triu(1).repeat(groups, 1)
    grouped = query.reshape(key.shape[0], groups * tokens, size)
    scores = torch.baddbmm(causal.expand(key.shape[0], -1, -1), grouped, key.transpose(1, 2), alpha=scaling)
    return torch.bmm(scores.softmax(-1), value).reshape(heads, tokens, size)


AttentionInterface.register(NAME, attend_within_rows)
