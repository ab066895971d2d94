"""Rows that are answered side by side, each at a place of its own, with the keys and values of what they have read.

All tensors keep their shapes and places, whoever is in them: a step can be recorded as a CUDA graph, and on a GPU the
rounding of a row depends on those shapes and on nothing that the other rows hold.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache
from typing import Any

import torch
from torch.nn.functional import pad, scaled_dot_product_attention
from transformers import AttentionInterface

from mbegu.models.row_attention import Rows, attend, can_attend

NAME = "mbegu_slots"
FILLED = 16  # to a multiple of which a prompt is filled up that is read alone
SLICE = 64  # places by which room for keys and values grows
# decoders whose layers are nothing but attention over all or the last tokens and an MLP, so that rows can't touch each other
# and keys and values are all that they remember; tests/asking/test_slots.py compares each with `generate`
KNOWN = {"llama", "mistral", "qwen2", "qwen3", "gemma3_text"}


def knows(model: Any) -> bool:
    """Whether a model is of a kind that is known here, and its scores are those of its head."""
    return model.config.model_type in KNOWN and getattr(model.config, "final_logit_softcapping", None) is None


class Slots:
    """The state of so many rows of at most `length` tokens, prompt and answer together.

    Attributes:
        token: (rows,), the last token of each, which the next step reads.
        place: (rows,), where that token stands.
        made: (rows, answer + spare), the tokens of each answer; `count` (rows,), how many.
        entering: (entering rows,) while prompts are read, which rows they go to; None in a step.
        seen: how many places keys and values are held for; as many as `length`, unless someone counts them (`reach`).
    """

    def __init__(self, rows: int, width: int, answer: int, spare: int, device: torch.device) -> None:
        self.length = self.seen = width + answer
        self.token, self.place, self.count = (torch.zeros(rows, dtype=torch.int64, device=device) for _ in range(3))
        self.made = torch.zeros(rows, answer + spare, dtype=torch.int64, device=device)
        self.entering: torch.Tensor | None = None
        # keys and values of a layer, (rows, key heads, length, size)
        self.cache: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self._unseen: dict[int, torch.Tensor] = {}  # of a step, by window, which all layers share

    def reach(self, places: int) -> None:
        """Makes room for so many places and a few more, so that steps attend to no more than that."""
        self.seen = max(self.seen, min(self.length, -(-places // SLICE) * SLICE))
        for layer, (keys, values) in self.cache.items():
            missing = self.seen - keys.shape[2]
            if missing:
                self.cache[layer] = pad(keys, (0, 0, 0, missing)), pad(values, (0, 0, 0, missing))

    def enter(self, model: Any, prompts: torch.Tensor, lengths: torch.Tensor, rows: torch.Tensor) -> None:
        """Reads prompts, and makes the first token of their answers; as `read`."""
        self.begin(rows, lengths, self.read(model, prompts, lengths, rows).argmax(-1))

    def read(self, model: Any, prompts: torch.Tensor, lengths: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Reads prompts.

        Args:
            prompts: (entering rows, width), filled up behind their ends.
            lengths: (entering rows,), tokens of each.
            rows: (entering rows,), where they go.

        Returns:
            (entering rows, vocabulary), the logits of the first tokens of their answers.
        """
        self.entering = rows
        logits = self._logits(model, prompts, torch.arange(prompts.shape[1], device=rows.device)[None], lengths - 1)
        self.entering = None
        return logits

    def admit(self, model: Any, prompt: list[int], row: int) -> torch.Tensor:
        """Reads one prompt into a row; the logits (vocabulary,) of the first token of its answer."""
        filled = torch.tensor([prompt + [0] * (-len(prompt) % FILLED)], device=self.token.device)
        length, rows = (torch.tensor([number], device=self.token.device) for number in (len(prompt), row))
        self.reach(filled.shape[1])
        return self.read(model, filled, length, rows)[0]

    def begin(self, rows: torch.Tensor, lengths: torch.Tensor, first: torch.Tensor) -> None:
        """Takes the first tokens (entering rows,) of answers to prompts that were read."""
        self.token[rows], self.place[rows], self.count[rows] = first, lengths, torch.ones_like(rows)
        self.made[rows, 0] = first

    def step(self, model: Any) -> None:
        """Makes the next token of every row."""
        self.go_on(self.following(model).argmax(-1))

    def following(self, model: Any) -> torch.Tensor:
        """The logits (rows, vocabulary) of the next token of every row; the same again if asked again."""
        return self._logits(model, self.token[:, None], self.place[:, None], torch.zeros_like(self.place))

    def go_on(self, tokens: torch.Tensor) -> None:
        """Takes the next token (rows,) of every row. A row that has ended goes on, unread, at its last place."""
        self.made.scatter_(1, self.count[:, None], tokens[:, None])
        self.count.add_(1).clamp_(max=self.made.shape[1] - 1)
        self.place.add_(1).clamp_(max=self.length - 1)
        self.token.copy_(tokens)

    def of(self, rows: list[int]) -> "Slots":
        """A copy of some rows."""
        chosen, copied = torch.tensor(rows, device=self.token.device), copy(self)
        copied.token, copied.place, copied.count, copied.made = (
            one[chosen] for one in (self.token, self.place, self.count, self.made)
        )
        copied.cache = {layer: (keys[chosen], values[chosen]) for layer, (keys, values) in self.cache.items()}
        copied._unseen = {}
        return copied

    def _logits(self, model: Any, ids: torch.Tensor, places: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """(rows, vocabulary), after the token that stands at `last` (rows,) in `ids` (rows, tokens)."""
        self._unseen.clear()
        backbone, head = model.get_base_model() if hasattr(model, "get_base_model") else model, model.get_output_embeddings()
        hidden = backbone.base_model(input_ids=ids, position_ids=places.expand(ids.shape), use_cache=False, slots=self)[0]
        return head(hidden[torch.arange(len(ids), device=ids.device), last])

    def remember(self, layer: int, key: torch.Tensor, value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Writes keys and values of a layer, (rows, key heads, tokens, size), and returns all of that layer."""
        if layer not in self.cache:
            shape = (len(self.token), key.shape[1], self.seen, key.shape[3])
            self.cache[layer] = key.new_zeros(shape), value.new_zeros(shape)
        for kept, new in zip(self.cache[layer], (key, value), strict=True):
            if self.entering is not None:
                kept[self.entering, :, : new.shape[2]] = new
            elif kept.device.type == "cpu":  # where it takes a twentieth of the time
                kept[torch.arange(len(kept)), :, self.place] = new[:, :, 0]
            else:
                kept.scatter_(2, self.place[:, None, None, None].expand(new.shape), new)
        return self.cache[layer]

    def unseen(self, window: int) -> torch.Tensor:
        """As the function, of a step."""
        if window not in self._unseen:
            self._unseen[window] = unseen(self.place[:, None], self.seen, window)
        return self._unseen[window]


@cache
def sliced_alike(rows: int, length: int, heads: int, key_heads: int, size: int, dtype: torch.dtype) -> bool:
    """Whether on this machine's CPU attention to the first places gives each bit of attention to all of `length`, of which the
    others are not seen; so that it may be left out. Tried on random numbers with every number of places that `reach` makes.

    Args:
        heads, key_heads, size: of a layer.
    """
    draw = torch.Generator().manual_seed(0)
    shapes = (rows, heads, 1, size), (rows, key_heads, length, size), (rows, key_heads, length, size)
    query, keys, values = (torch.randn(shape, generator=draw).to(dtype) for shape in shapes)

    def alike(seen: int) -> bool:
        places = torch.full((rows, 1), seen - 1)
        first = keys[:, :, :seen].contiguous(), values[:, :, :seen].contiguous()
        few, all_ = (_plain(query, *held, unseen(places, held[0].shape[2], 0), 1.0) for held in (first, (keys, values)))
        return torch.equal(few, all_)

    return all(alike(seen) for seen in range(SLICE, length, SLICE))


def attend_in_slots(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    **settings: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention of prompts that enter, or of one token a row to what its row has read, for `AttentionInterface`.

    Args:
        query: (rows, heads, tokens, head size); `key` and `value` have (rows, key heads, tokens, head size).
        settings: `slots`; `sliding_window`, tokens that a token sees; others are of no effect.

    Returns:
        (rows, tokens, heads, head size), and None for the weights.
    """
    slots, window = settings["slots"], settings.get("sliding_window") or 0
    keys, values = slots.remember(module.layer_idx, key, value)
    tokens = query.shape[2]
    if slots.entering is None:
        return _plain(query, keys, values, slots.unseen(window), scaling), None
    if can_attend(query, {}):
        starts = torch.arange(0, len(query) * tokens + 1, tokens, dtype=torch.int32, device=query.device)
        laid = [tensor.transpose(1, 2).flatten(0, 1) for tensor in (query, key, value)]
        out = attend(laid[0], laid[1], laid[2], Rows(starts, tokens, window), scaling)
        return out.unflatten(0, (len(query), tokens)), None
    if not window or window >= tokens:
        keys, values = (tensor.repeat_interleave(query.shape[1] // tensor.shape[1], 1) for tensor in (key, value))
        return scaled_dot_product_attention(query, keys, values, is_causal=True, scale=scaling).transpose(1, 2), None
    at = torch.arange(tokens, device=query.device)[None].expand(len(query), -1)
    return _plain(query, key, value, unseen(at, tokens, window), scaling), None


def unseen(places: torch.Tensor, length: int, window: int) -> torch.Tensor:
    """(rows, 1, 1, tokens, length) in float32: 0 where a token that stands at `places` (rows, tokens) may look, else -inf.

    Args:
        window: how many tokens a token sees, itself among them; 0 for all.
    """
    back = places[:, None, None, :, None] - torch.arange(length, device=places.device)
    hidden = (back < 0) | (back >= window) if window else back < 0
    return torch.zeros(hidden.shape, device=places.device).masked_fill_(hidden, float("-inf"))


def _plain(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, hidden: torch.Tensor, scaling: float) -> torch.Tensor:
    """Attention to what is not `hidden` (as from `unseen`); with two products, since masks make kernels slow."""
    heads, tokens = query.shape[1:3]
    grouped = query.reshape(len(query), key.shape[1], -1, query.shape[3])  # (rows, key heads, queries a key x tokens, size)
    scores = (grouped @ key.transpose(2, 3)).unflatten(2, (-1, tokens))
    weights = torch.add(hidden, scores, alpha=scaling).softmax(-1)
    out = weights.flatten(2, 3).to(value.dtype) @ value
    return out.reshape(len(query), heads, tokens, -1).transpose(1, 2)


@contextmanager
def in_slots(model: Any) -> Iterator[None]:
    """Has a model attend to what `Slots` hold."""
    before = model.config._attn_implementation
    model.config._attn_implementation = NAME
    try:
        with torch.inference_mode():
            yield
    finally:
        model.config._attn_implementation = before


AttentionInterface.register(NAME, attend_in_slots)
