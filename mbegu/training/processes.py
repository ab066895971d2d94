"""How many processes train together, and whether this machine can hold them: checked before anything is loaded."""

from pathlib import Path
from typing import Any

import torch

from mbegu.errors import BadInput
from mbegu.training import memory
from mbegu.training.settings import Schedule, Training
from mbegu.training.shares import divide

ALIKE = 1.05  # times the memory of another GPU of the same kind, at most


def settle(training: Training, schedule: Schedule) -> int:
    """The number of processes: that of the GPUs where it is `auto`, and 1 without one.

    Raises:
        BadInput: no such number, more than there are GPUs, GPUs of different size, no GPU to shard over, settings that do not go
            together, batches that can't be shared evenly, or no NCCL.
    """
    cards = torch.cuda.device_count()  # which uses none yet, as `cuda.prepare` wants it
    number = count(training.processes, cards)
    check_cards(number, training.sharding, cards)
    if training.sharding != "none" and schedule.early_stopping:
        raise BadInput(
            f"train.early_stopping: {schedule.early_stopping} needs the best weights, and with train.sharding "
            f"{training.sharding} no process holds them; set early_stopping to 0, or sharding to none."
        )
    divide(schedule, number)
    if number > 1:
        check_library(torch.distributed.is_available(), not cards or torch.distributed.is_nccl_available())
        check_alike(memory.cards()[:number])
    return number


def count(wanted: str, cards: int) -> int:
    """The number that `train.processes` asks for, with so many GPUs."""
    if wanted == "auto":
        return max(cards, 1)
    if not wanted.isascii() or not wanted.isdigit() or int(wanted) < 1:
        raise BadInput(f"train.processes: {wanted!r} is neither a whole number of 1 or more nor auto; set it to one of them.")
    return int(wanted)


def check_cards(number: int, sharding: str, cards: int) -> None:
    """Raises BadInput if so many processes can't have a GPU each, where there are some, or are not what sharding is for."""
    if sharding != "none" and not cards:
        raise BadInput(f"train.sharding: {sharding} splits a model over CUDA GPUs, and there is none here; set it to none.")
    if cards and number > cards:
        raise BadInput(
            f"train.processes: {number} processes need a GPU each, and there are {cards} here; lower it, or set it to auto."
        )
    if sharding != "none" and number == 1:
        raise BadInput(
            f"train.sharding: {sharding} splits a model over several GPUs, and there is but one process; raise train.processes, "
            "or set sharding to none."
        )


def check_alike(cards: list[float]) -> None:
    """Raises BadInput if GPUs that are to work together differ in size.

    Args:
        cards: GiB of each.
    """
    if cards and max(cards) > ALIKE * min(cards):
        sizes = ", ".join(f"{size:.0f}" for size in cards)
        raise BadInput(
            f"train.processes: the GPUs have {sizes} GiB, and all do the same, so that the smallest decides and the others wait; "
            "name those that are alike in the environment variable CUDA_VISIBLE_DEVICES, or lower processes."
        )


def check_library(distributed: bool, nccl: bool) -> None:
    """Raises BadInput if PyTorch has not what several processes talk by."""
    if not distributed or not nccl:
        missing = "NCCL, by which GPUs talk" if distributed else "torch.distributed"
        raise BadInput(
            f"train.processes: this build of PyTorch has no {missing}; install one that has (pytorch.org, for Linux), or set "
            "processes to 1."
        )


def check_memory(number: int, base: Path, training: Training, schedule: Schedule, rows: Any) -> None:
    """Raises BadInput if several processes need more memory than there is; one process is told by its own error.

    Args:
        rows: encoded rows that are trained on.
    """
    if number == 1:
        return
    tokens = sum(map(len, rows["input_ids"])) / len(rows) * divide(schedule, number).rows
    needed = memory.need(memory.size(base, training.lora), training, number, round(tokens), schedule.gradient_checkpointing)
    cards = memory.cards()
    room = min(cards[:number]) if cards else memory.machine() / number
    memory.check(needed, room, training, schedule, "a GPU has" if cards else "its part of this machine's memory")


def identity(number: int, training: Training) -> tuple[Any, ...]:
    """What a run's bytes depend on beside the settings of one process; nothing for one."""
    return () if number == 1 else (number, training.sharding)
