"""4-bit weights unpacked once.

Without a kernel that reads them packed, bitsandbytes unpacks a layer's weights each time that it is used; for a few answers at
a time that is most of the work. A small model has room for all of them as they are.
"""

from typing import Any

import torch

from mbegu.models.size import memory

MOST = 0.25  # of the machine's memory


def unpack(model: Any, to_answer: bool = False) -> Any:
    """Puts a plain layer with the same values in the place of each 4-bit one on a CPU, where that changes no bit of a result.

    Where the weights would fill more than a quarter of the memory, the model stays as it is.

    Args:
        to_answer: also where a kernel reads the weights packed. It rounds otherwise than a product of unpacked ones, which a
            published model has, too, and which takes less time a token.

    Returns:
        `model`, changed in place.
    """
    layers = [
        (parent, name, layer)
        for parent in model.modules()
        for name, layer in parent.named_children()
        if _packed(layer) and (to_answer or _same_bits(layer))
    ]
    size = sum(layer.compute_dtype.itemsize * layer.in_features * layer.out_features for _, _, layer in layers)
    if size <= MOST * memory():
        for parent, name, layer in layers:
            setattr(parent, name, _plain(layer))
    return model


def _packed(layer: Any) -> bool:
    return (
        type(layer).__module__.startswith("bitsandbytes.")  # peft has a layer of the same name
        and type(layer).__name__ == "Linear4bit"
        and layer.weight.device.type == "cpu"
    )


def _same_bits(layer: Any) -> bool:
    """Whether bitsandbytes would unpack this layer's weights for each product."""
    return layer.compute_dtype in (torch.float32, torch.bfloat16) and not layer.support_avx512bf16_for_cpu


def _plain(layer: Any) -> torch.nn.Linear:
    from bitsandbytes.functional import dequantize_4bit

    with torch.device("meta"):
        plain = torch.nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None)
    weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state).to(layer.compute_dtype)
    plain.weight = torch.nn.Parameter(weight, requires_grad=False)
    plain.bias = layer.bias
    return plain
