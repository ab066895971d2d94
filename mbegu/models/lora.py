"""LoRA's branch of a layer in the number type of its input.

peft computes it in the type of the adapter's weights, fp32, which on a GPU takes longer than the layer itself. Here the
weights stay in fp32 for the optimizer, and are rounded for each product; scaling and sum are part of the last one.
"""

from functools import partial
from typing import Any

import torch


def round_branches(adapted: Any) -> None:
    """Has all LoRA layers of a model on a GPU compute their branches in the type of their input; of no effect on a CPU."""
    from peft.tuners.lora import LoraLayer

    for module in adapted.modules() if adapted.device.type == "cuda" else ():
        if isinstance(module, LoraLayer) and _is_plain(module):
            setattr(module, "forward", partial(_forward, module))  # noqa: B010


def _is_plain(layer: Any) -> bool:
    biased = any(getattr(matrix, "bias", None) is not None for matrix in layer.lora_B.values())
    return bool(layer.lora_A) and not layer.lora_variant and not biased


def _forward(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """The layer's product and B A x of the adapters that are switched on, (…, inputs) to (…, outputs)."""
    out = layer.base_layer(x)
    active = [] if layer.disable_adapters or layer.merged else layer.active_adapters
    for name in active:
        if name in layer.lora_A:
            low = torch.nn.functional.linear(layer.lora_dropout[name](x), layer.lora_A[name].weight.to(x.dtype))
            b = layer.lora_B[name].weight.to(x.dtype).t()
            sum_ = torch.addmm(out.view(-1, out.shape[-1]), low.view(-1, low.shape[-1]), b, alpha=layer.scaling[name])
            out = sum_.view(out.shape)
    return out
