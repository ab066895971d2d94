"""Keys and values of rows that are answered side by side, each at a place of its own.

A row joins and leaves while others go on. All shapes stay the same whoever is there, so that the rounding of a row, and with it
its answer, depends on nothing but its own prompt: the prompt is read alone, and a step always reads one token of every row.
"""

from typing import Any

import torch

MAPPED = {"qwen2", "qwen3", "gemma3_text"}  # models that accept a mask for each kind of layer
# decoders whose layers remember keys and values and nothing else; tests/asking/test_together.py compares them with `generate`
KNOWN = {"llama", "mistral", *MAPPED}


class Places:
    """What transformers asks of a cache, for so many rows of at most `length` tokens, prompt and answer together."""

    is_sliding: tuple[bool, ...] = ()
    is_compileable = False

    def __init__(self, rows: int, length: int, device: torch.device) -> None:
        self.rows, self.length, self.entering = rows, length, 0
        self.place = torch.zeros(rows, dtype=torch.int64, device=device)  # where the next token of each row goes
        self.kept: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}  # by layer: (rows, key heads, length, size)

    def update(self, key: torch.Tensor, value: torch.Tensor, layer_idx: int, *_: Any, **__: Any) -> Any:
        """Writes keys and values, (rows, key heads, tokens, size), and returns those to attend to: a prompt's own, or all."""
        if layer_idx not in self.kept:
            shape = (self.rows, key.shape[1], self.length, key.shape[3])
            self.kept[layer_idx] = key.new_zeros(shape), value.new_zeros(shape)
        kept = self.kept[layer_idx]
        if len(key) == 1:
            for whole, new in zip(kept, (key, value), strict=True):
                whole[self.entering, :, : new.shape[2]] = new[0]
            return key, value
        for whole, new in zip(kept, (key, value), strict=True):
            whole.scatter_(2, self.place[:, None, None, None].expand(new.shape), new)
        return kept

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Of a prompt that is being read: nothing stands before it."""
        return 0

    def get_query_offset(self, layer_idx: int = 0) -> int:
        """As `get_seq_length`."""
        return 0

    def get_mask_sizes(self, length: int, layer_idx: int = 0) -> tuple[int, int]:
        """(keys, where they begin) of a prompt that is being read."""
        return length, 0


def can_share(model: Any) -> bool:
    """Whether rows of this model can be answered side by side."""
    return model.config.model_type in KNOWN


def enter(model: Any, places: Places, row: int, prompt: list[int]) -> torch.Tensor:
    """Reads a prompt into a row; returns the logits (vocabulary,) after it."""
    ids = torch.tensor([prompt], device=places.place.device)
    places.entering = row
    with torch.inference_mode():
        logits = model(
            input_ids=ids, position_ids=torch.arange(len(prompt), device=ids.device)[None], past_key_values=places,
            use_cache=True, logits_to_keep=1,
        ).logits  # fmt: skip
    places.place[row] = len(prompt)
    return logits[0, -1]


def step(model: Any, places: Places, tokens: list[int]) -> torch.Tensor:
    """Reads the next token of every row, of no effect in free ones; returns the logits (rows, vocabulary) after them.

    Args:
        tokens: one a row.
    """
    ids = torch.tensor(tokens, device=places.place.device)[:, None]
    with torch.inference_mode():
        logits = model(
            input_ids=ids, position_ids=places.place[:, None].clone(), attention_mask=_masks(model.config, places),
            past_key_values=places, use_cache=True,
        ).logits  # fmt: skip
    places.place.add_(1).clamp_(max=places.length - 1)
    return logits[:, -1]


def _masks(config: Any, places: Places) -> Any:
    """What each row sees, (rows, 1, 1, length): its tokens so far, or the last of them in a sliding window."""
    back = places.place[:, None] - torch.arange(places.length, device=places.place.device)
    seen = (back >= 0)[:, None, None]
    window = getattr(config, "sliding_window", None)
    near = seen & (back < window)[:, None, None] if window else seen
    if config.model_type in MAPPED:
        return {"full_attention": seen, "sliding_attention": near}
    return near if config.model_type == "mistral" else seen
