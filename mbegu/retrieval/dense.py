"""Vectors of texts: the mean of a sentence encoder's last hidden states (Reimers and Gurevych 2019, arXiv 1908.10084)."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mbegu.errors import BadInput
from mbegu.models.manifest import sha256

BATCH = 32  # texts encoded at once
Encoder = Callable[[list[str]], Any]


def identity(folder: Path) -> str:
    """A hash of all files of an encoder.

    Raises:
        BadInput: no model there.
    """
    named = "" if folder == Path() else str(folder)
    if not named or not (folder / "config.json").is_file():
        raise BadInput(
            f"index.dense: {named!r} holds no sentence encoder; name a folder with its config.json, weights and tokenizer, "
            "or set index.method to bm25."
        )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256("".join(f"{sha256(path)} {path.relative_to(folder)}\n" for path in files).encode()).hexdigest()


def encoder(folder: Path) -> Encoder:
    """A function from texts to an array (texts, dimensions) of unit vectors, float32.

    Raises:
        BadInput: transformers can't load what is there.
    """
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model = AutoModel.from_pretrained(str(folder), local_files_only=True, dtype="float32").eval()
    except (OSError, ValueError) as error:
        raise BadInput(f"index.dense: {folder}: transformers can't load it ({str(error).splitlines()[0]}).") from None
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    longest = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", 512))

    def encode(texts: list[str]) -> Any:
        parts = [_mean(model, tokenizer, texts[start : start + BATCH], longest) for start in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, model.config.hidden_size), np.float32)

    return encode


def _mean(model: Any, tokenizer: Any, texts: list[str], longest: int) -> Any:
    import torch

    # a text without a token would have no mean
    batch = tokenizer([text or " " for text in texts], padding=True, truncation=True, max_length=longest, return_tensors="pt")
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    with torch.inference_mode():
        hidden = model(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1)
    mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
    return torch.nn.functional.normalize(mean, dim=-1).numpy()
