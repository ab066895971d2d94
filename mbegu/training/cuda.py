"""What training does in another way on a CUDA GPU."""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import Trainer

from mbegu.errors import BadInput
from mbegu.models.loading import gpu_memory
from mbegu.training.gpu_trainer import GpuTrainer
from mbegu.training.settings import Schedule


def prepare() -> None:
    """To be called before the first use of a GPU."""
    # cuBLAS adds up in one order only with room for it of a fixed size
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # recordings of batches of different sizes share memory only where blocks can grow
    os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")


def order_sums(deterministic: bool) -> None:
    """Has all of PyTorch's kernels add up in an order of their own, or fail where they have none; of no effect on a CPU."""
    if torch.cuda.is_available():
        torch.use_deterministic_algorithms(deterministic)
        setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010 (it would write all memory first)


def trainer(model: Any, liger: bool) -> tuple[type[Trainer], dict[str, Any]]:
    """The Trainer for a model on a GPU, and its arguments beside those that hold everywhere."""
    kernels = {
        "use_liger_kernel": liger,
        "liger_kernel_config": {"cross_entropy": False, "fused_linear_cross_entropy": False},  # the loss is ours
    }
    quick = {"dataloader_pin_memory": True, "accelerator_config": {"non_blocking": True}, "logging_nan_inf_filter": False}
    if not hasattr(model, "peft_config"):
        # every weight is trained: in fp32 for the optimizer, rounded to bf16 for each product
        return Trainer, {**kernels, **quick, "bf16": True}
    return GpuTrainer, {**kernels, **quick, "logging_strategy": "no"}


@contextmanager
def enough_memory(model: Any, schedule: Schedule) -> Iterator[None]:
    """Raises BadInput where a GPU's memory does not suffice, with what to lower."""
    try:
        yield
    except torch.OutOfMemoryError:
        held = sum(value.numel() * value.element_size() for value in model.parameters()) / 2**30
        lower = [f"lower train.batch_size ({schedule.batch_size}) and raise train.gradient_accumulation_steps by as much"]
        lower += [] if schedule.gradient_checkpointing else ["turn on train.gradient_checkpointing"]
        raise BadInput(
            f"train: the weights take {held:.1f} GiB of a GPU of {gpu_memory():.0f} GiB, and a batch does not fit the rest; "
            f"{', or '.join(lower)}, or lower encode.max_length."
        ) from None


def check_liger(wanted: bool) -> None:
    """Raises BadInput if liger-kernel is wanted and can't be used."""
    if wanted and not (torch.cuda.is_available() and importlib.util.find_spec("liger_kernel")):
        missing = "the extra liger: pip install 'mbegu[liger]'" if torch.cuda.is_available() else "a CUDA GPU; there is none here"
        raise BadInput(f"train.liger: needs {missing}, or set it to false.")
