"""Weights laid out once as a CPU's products of bf16 read them.

PyTorch lays a layer's weights out anew each time that it is used, which for a few tokens takes as long as a third of the product.
"""

from functools import partial
from typing import Any

import torch

from mbegu.models.size import memory

MOST = 0.25  # of the machine's memory, for a second copy of all weights
SMALLEST = 2**16  # numbers in a matrix that is worth it
TOKENS = 32  # that products are laid out for; of other numbers they take a little longer


def pack(model: Any) -> Any:
    """Has each plain layer of bf16 on a CPU multiply by a copy of its weights that is laid out for it, which changes no bit.

    Where the copies would fill more than a quarter of the memory, and on a processor without products of bf16, the model stays
    as it is. Weights must not change afterwards.

    Returns:
        `model`, changed in place.
    """
    layers = [layer for layer in model.modules() if _can_be_packed(layer)]
    size = sum(2 * layer.weight.numel() for layer in layers)
    if layers and multiplies_bf16() and size <= MOST * memory():
        for layer in layers:
            laid = torch.ops.mkldnn._reorder_linear_weight(layer.weight.data, TOKENS)
            setattr(layer, "forward", partial(_forward, laid, layer.bias))  # noqa: B010
    return model


def _can_be_packed(layer: Any) -> bool:
    if type(layer) is not torch.nn.Linear or layer.weight.numel() < SMALLEST:
        return False
    return layer.weight.device.type == "cpu" and layer.weight.dtype == torch.bfloat16


def multiplies_bf16() -> bool:
    """Whether this CPU has fast products of bf16."""
    return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _forward(laid: torch.Tensor, bias: torch.Tensor | None, x: torch.Tensor) -> torch.Tensor:
    """(…, inputs) to (…, outputs)."""
    return torch.ops.mkldnn._linear_pointwise(x, laid, bias, "none", [], "")
