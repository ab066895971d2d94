"""LoRA's branch of a layer in the number type of its input.

peft computes it in the type of the adapter's weights, fp32, which on a GPU takes longer than the layer itself. Here the
weights stay in fp32 for the optimizer, and are rounded for each product; scaling and sum are part of the last one.
"""

from functools import partial
from typing import Any

import torch


def round_branches(adapted: Any) -> None:
    """Has all of a model's LoRA layers that are plain ones compute their branch in the type of their input."""
    from peft.tuners.lora import LoraLayer

    for module in adapted.modules():
        if isinstance(module, LoraLayer) and _is_plain(module):
            setattr(module, "forward", partial(_forward, module))  # noqa: B010


def _is_plain(layer: Any) -> bool:
    biased = any(matrix.bias is not None for matrix in layer.lora_B.values())
    return len(layer.lora_A) == 1 and not layer.lora_variant and not biased and not layer.merged


def _forward(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """The layer's product and B A x, (…, inputs) to (…, outputs)."""
    out = layer.base_layer(x)
    if layer.disable_adapters:
        return out
    ((name, a),) = layer.lora_A.items()
    low = torch.nn.functional.linear(layer.lora_dropout[name](x), a.weight.to(x.dtype))
    b = layer.lora_B[name].weight.to(x.dtype).t()
    return torch.addmm(out.view(-1, out.shape[-1]), low.view(-1, low.shape[-1]), b, alpha=layer.scaling[name]).view(out.shape)
