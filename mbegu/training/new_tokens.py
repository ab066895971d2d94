"""The embeddings of tokens that were added to a base, trained without a copy of all others.

peft keeps them in the adapter (`trainable_token_indices`), and in each pass puts them into a copy of the whole matrix, whose
gradient it computes too: for Gemma's 262,144 tokens a third of a step and 2 GB. The ids of new tokens follow each other, so
their rows can stand apart instead.
"""

from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from mbegu.errors import BadInput
from mbegu.models.embeddings import embeddings
from mbegu.models.trained import added_tokens


def layers(model: Any) -> dict[str, list[int]]:
    """The ids of added tokens by the names of the layers whose rows they have: the embedding, and a head of its own.

    Args:
        model: as `load_base` read it from a folder.
    """
    added = added_tokens(Path(model.config._name_or_path))
    ends = [model.get_input_embeddings()]
    if not model.config.tie_word_embeddings:
        ends.append(model.get_output_embeddings())
    names = [name.rsplit(".", 1)[-1] for name, module in model.named_modules() if any(module is end for end in ends)]
    return dict.fromkeys(names, added) if added else {}


def check(model: Any, targets: list[str], section: str) -> None:
    """Raises `BadInput` if the layers that hold new tokens' rows are to have an adapter too: peft trains one or the other.

    Args:
        section: of params.yaml, for messages.
    """
    both = sorted(set(targets) & set(embeddings(model))) if layers(model) else []
    if both:
        raise BadInput(
            f"{section}.lora.targets: tokens were added to this base, whose rows in {', '.join(both)} are trained whole; "
            f"leave {', '.join(both)} out."
        )


def train_apart(adapted: Any) -> Any:
    """Has a model compute its new tokens' rows apart; returns it."""
    from peft.tuners.trainable_tokens import TrainableTokensLayer

    for module in adapted.modules():
        if isinstance(module, TrainableTokensLayer):
            apart = _embedded if isinstance(module.base_layer, torch.nn.Embedding) else _scored
            setattr(module, "forward_adapters", partial(apart, module))  # noqa: B010
    return adapted


def _rows(layer: Any, active: list[str]) -> tuple[int, torch.Tensor]:
    """The first new id, and the rows of all of them."""
    (name,) = active
    return layer.token_indices[name][0], layer.trainable_tokens_delta[name].to(layer.base_layer.weight.dtype)


def _embedded(layer: Any, ids: torch.Tensor, active: list[str]) -> torch.Tensor:
    first, rows = _rows(layer, active)
    scale = layer._get_embed_scale()
    own = functional.embedding((ids - first).clamp(0), rows)
    own = own if scale is None else own * scale.to(own.dtype)
    return torch.where((ids >= first)[..., None], own, layer.base_layer(ids))


def _scored(layer: Any, hidden: torch.Tensor, active: list[str]) -> torch.Tensor:
    first, rows = _rows(layer, active)
    weight = layer.base_layer.weight
    parts = [weight[:first], rows, weight[first + len(rows) :]]
    return torch.cat([functional.linear(hidden, part) for part in parts], -1)
