"""LoRA's branch of a layer in the number type of its input.

peft computes it in the type of the adapter's weights, fp32, which on a GPU takes longer than the layer itself. Here the
weights stay in fp32 for the optimizer, and are rounded for each product; scaling and sum are part of the last one.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

SIBLINGS = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))  # layers that are given the same input


def round_branches(adapted: Any) -> None:
    """Has all LoRA layers of a model on a GPU compute their branches in the type of their input; of no effect on a CPU."""
    if adapted.device.type == "cuda":
        replace_branches(adapted)


def replace_branches(adapted: Any, frozen: bool = False) -> None:
    """The same on any device.

    Args:
        frozen: whether the adapters' weights stay as they are, so that they are rounded once.
    """
    from peft.tuners.lora import LoraLayer

    groups: dict[tuple[str, ...], Shared] = {}
    for name, module in adapted.named_modules():
        if isinstance(module, LoraLayer) and _is_plain(module):
            parent, _, own = name.rpartition(".")
            siblings = next((names for names in SIBLINGS if own in names), (own,))
            shared = groups.setdefault((parent, *siblings), Shared(frozen))
            shared.layers.append(module)
            setattr(module, "forward", partial(_forward, module, shared))  # noqa: B010


def _is_plain(layer: Any) -> bool:
    biased = any(getattr(matrix, "bias", None) is not None for matrix in layer.lora_B.values())
    return bool(layer.lora_A) and not layer.lora_variant and not biased


class Shared:
    """The products with A of layers that are given the same input, made by the first of them for all.

    They drop the same elements of it, as in the layer for several matrices of LoRA's authors (loralib's `MergedLinear`).
    """

    def __init__(self, frozen: bool) -> None:
        self.layers: list[Any] = []
        self.rounded: dict[tuple[Any, ...], torch.Tensor] | None = {} if frozen else None  # matrices that stay as they are
        self.source: tuple[torch.Tensor, str] | None = None  # the input, and the adapter's name
        self.waiting: dict[int, torch.Tensor] = {}

    def low(self, layer: Any, name: str, x: torch.Tensor) -> torch.Tensor:
        """A x of a layer and its adapter, (…, inputs) to (…, r)."""
        place = self.layers.index(layer)
        made_for_it = self.source is not None and self.source[0] is x and self.source[1] == name
        if not made_for_it or place not in self.waiting:
            self.source, self.waiting = (x, name), self._lows(layer, name, x)
        found = self.waiting.pop(place)
        if not self.waiting:
            self.source = None  # which would keep its memory
        return found

    def _lows(self, layer: Any, name: str, x: torch.Tensor) -> dict[int, torch.Tensor]:
        matrices = {place: one.lora_A[name].weight for place, one in enumerate(self.layers) if name in one.lora_A}
        stacked = self.kept((name, x.dtype), lambda: torch.cat(list(matrices.values())).to(x.dtype))
        lows = torch.nn.functional.linear(layer.lora_dropout[name](x), stacked)
        return dict(zip(matrices, lows.split([len(matrix) for matrix in matrices.values()], -1), strict=True))

    def kept(self, key: tuple[Any, ...], make: Callable[[], torch.Tensor]) -> torch.Tensor:
        """What `make` gives, made once where the matrices stay as they are."""
        if self.rounded is None:
            return make()
        if key not in self.rounded:
            self.rounded[key] = make()
        return self.rounded[key]


def _forward(layer: Any, shared: Shared, x: torch.Tensor) -> torch.Tensor:
    """The layer's product and B A x of the adapters that are switched on, (…, inputs) to (…, outputs)."""
    out = layer.base_layer(x)
    active = [] if layer.disable_adapters or layer.merged else layer.active_adapters
    for name in active:
        if name in layer.lora_A:
            low = shared.low(layer, name, x)
            b = shared.kept((id(layer), name, x.dtype), partial(layer.lora_B[name].weight.to, x.dtype)).t()
            flat = out.reshape(-1, out.shape[-1])
            out = torch.addmm(flat, low.reshape(-1, low.shape[-1]), b, alpha=layer.scaling[name]).view(out.shape)
    return out
