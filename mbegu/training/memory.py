"""How much memory a training run takes, told from the shape of its model: enough to refuse what can't fit, before it is loaded.

Weights, gradients and AdamW's two moments are counted. Activations of a layer are taken to be 30 bytes a token for each number of
its hidden state and 8 for each of its feed-forward layer: what a Llama keeps in bf16, and in float32 for its norms. That is less
than what was measured on one H100 (docs/gpu.md), so that what is refused would not fit; what is let through may still not.
"""

from pathlib import Path
from typing import Any, NamedTuple

import torch

from mbegu.errors import BadInput
from mbegu.models.size import memory
from mbegu.training.settings import Lora, Schedule, Training

GIB = 2**30
NF4 = 4.127 / 8  # bytes a weight: 4 bits, and double-quantized scales (Dettmers et al. 2023, §3)


class Size(NamedTuple):
    """What memory depends on in a model."""

    parameters: int
    packed: int  # of these, those that NF4 packs
    adapter: int  # weights of a LoRA adapter
    layers: int
    hidden: int
    inner: int  # numbers of a feed-forward layer
    vocabulary: int


class Need(NamedTuple):
    """GiB a process."""

    weights: float
    optimizer: float  # and the adapter's weights, gradients
    activations: float


def cards() -> list[float]:
    """GiB of each CUDA GPU."""
    number = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [torch.cuda.get_device_properties(index).total_memory / GIB for index in range(number)]


def machine() -> float:
    """GiB of this machine's memory."""
    return memory() / GIB


def size(base: Path, lora: Lora) -> Size:
    """The size of a model folder, from its configuration alone."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config: Any = AutoConfig.from_pretrained(str(base), local_files_only=True)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    linear = {name: one for name, one in model.named_modules() if isinstance(one, torch.nn.Linear) and "lm_head" not in name}
    adapted = [one for name, one in linear.items() if name.rsplit(".", 1)[-1] in lora.targets]
    text = config.get_text_config()
    return Size(
        parameters=sum(value.numel() for value in model.parameters()),
        packed=sum(one.weight.numel() for one in linear.values()),
        adapter=sum(lora.r * (one.in_features + one.out_features) for one in adapted),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        inner=getattr(text, "intermediate_size", None) or 4 * text.hidden_size,
        vocabulary=text.vocab_size,
    )


def need(model: Size, training: Training, processes: int, tokens: int, checkpointing: bool) -> Need:
    """What each of so many processes takes.

    Args:
        tokens: of one forward pass, as packed.
        checkpointing: whether activations are computed a second time and not kept.
    """
    stored = {"qlora": 2 * (model.parameters - model.packed) + NF4 * model.packed, "lora": 2 * model.parameters}
    weights = stored.get(training.method, 4 * model.parameters)
    # float32: gradient and two moments, the weight itself where it is an adapter's, and DDP's copy of the gradients
    optimizer: float = 16 * model.parameters if training.method == "full" else 20 * model.adapter
    if training.sharding != "none":
        optimizer *= 0.8 if training.method != "full" else 0.75  # no copy
        weights, optimizer = weights / processes + weights / model.layers, optimizer / processes  # one layer is whole
    layer = 30 * model.hidden + 8 * model.inner
    kept = 2 * model.hidden * model.layers + layer if checkpointing else layer * model.layers
    return Need(weights / GIB, optimizer / GIB, tokens * kept / GIB)


def check(needed: Need, room: float, training: Training, schedule: Schedule, where: str) -> None:
    """Raises BadInput if a process needs more than there is, with what to lower.

    Args:
        room: GiB for each process.
        where: that memory, in words.
    """
    if sum(needed) <= room:
        return
    largest = max(range(3), key=lambda part: needed[part])
    parts = f"{needed.weights:.1f} GiB of weights, {needed.optimizer:.1f} of optimizer, {needed.activations:.1f} of activations"
    raise BadInput(
        f"train.processes: each process takes about {parts}, more than {where} ({room:.1f} GiB); "
        f"{_lower(largest, training, schedule)}."
    )


def _lower(largest: int, training: Training, schedule: Schedule) -> str:
    """What to change where this part of `Need` is the largest."""
    if largest == 2:
        more = "" if schedule.gradient_checkpointing else ", turn on train.gradient_checkpointing"
        return (
            f"lower train.batch_size ({schedule.batch_size}) and raise train.gradient_accumulation_steps by as much{more}, "
            "or lower encode.max_length"
        )
    if largest == 1 and training.method != "full":
        return f"lower train.lora.r ({training.lora.r}) or name fewer train.lora.targets"
    lower = {"full": "set train.method to lora or qlora", "lora": "set train.method to qlora"}.get(training.method)
    sharded = "set train.sharding to fsdp" if training.sharding == "none" and torch.cuda.is_available() else None
    return ", ".join(filter(None, [lower, sharded, "lower train.processes" if not torch.cuda.is_available() else None])) + (
        " or take a smaller base"
    )
