"""One training step, shared by several processes: each passes some rows of every batch, and all have the same gradients.

Data parallel training changes no more than the order in which floats are added up. So each process reads whole batches in the
order in which one process would, keeps its own rows of each, and draws dropout for them as one process would have drawn it.
"""

import math
from functools import partial
from typing import Any, NamedTuple

import torch
from accelerate.data_loader import prepare_data_loader
from torch.utils.data import DataLoader
from transformers import Trainer

from mbegu.errors import BadInput
from mbegu.training import packing
from mbegu.training.dropout import Dropout
from mbegu.training.settings import Schedule


class Share(NamedTuple):
    """What one of several processes does of each optimizer step."""

    rank: int  # of this process, from 0
    processes: int
    batch: int  # rows of a forward pass of one process alone
    rows: int  # rows of a forward pass of each of several
    passes: int  # forward passes an optimizer step of each of several
    sharding: str = "none"

    @property
    def first(self) -> bool:
        """Whether this is the process that shows and writes."""
        return self.rank == 0

    @property
    def sharded(self) -> bool:
        """Whether each GPU holds a part of the model only."""
        return self.sharding != "none"


class Place(NamedTuple):
    """Where a process's rows stand in what all processes pass at the same time."""

    before: int  # forward passes that one process alone would make before it comes to these rows
    passes: int  # forward passes that it would make for all of them
    tokens: int  # tokens before these rows in their own forward pass


def divide(schedule: Schedule, processes: int, rank: int = 0, sharding: str = "none") -> Share:
    """The share of a process: `gradient_accumulation_steps` is divided as far as it can be, `batch_size` by the rest.

    Raises:
        BadInput: something is left over.
    """
    batch, accumulated = schedule.batch_size, schedule.gradient_accumulation_steps
    together = math.gcd(accumulated, processes)  # forward passes of one process that several make at the same time
    if batch % (processes // together):
        fitting = [number for number in range(1, processes) if not batch % (number // math.gcd(accumulated, number))]
        raise BadInput(
            f"train.processes: {processes} processes can't share batches of train.batch_size {batch} x "
            f"train.gradient_accumulation_steps {accumulated} evenly; set processes to {', '.join(map(str, fitting))}, or make "
            f"one of the two a multiple of {processes}."
        )
    return Share(rank, processes, batch, batch * together // processes, accumulated // together, sharding)


def pack(share: Share, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Collates a process's own rows of those that all processes pass at the same time.

    Returns:
        As `packing.pack`, and `place`. Where no row is left for this process, one from which nothing is learned: all processes
        have to make each step.
    """
    start = share.rank * share.rows
    own = rows[start : start + share.rows]
    place = Place(start // share.batch, math.ceil(len(rows) / share.batch), _tokens(rows[start - start % share.batch : start]))
    return packing.pack(own or [rows[0] | {"completion_start": len(rows[0]["input_ids"])}]) | {"place": place}


def _tokens(rows: list[dict[str, Any]]) -> int:
    return sum(len(row["input_ids"]) for row in rows)


def arguments(share: Share, schedule: Schedule) -> dict[str, Any]:
    """Of `TrainingArguments`, beside those that hold for one process."""
    shared: dict[str, Any] = {
        "per_device_train_batch_size": share.rows,
        "gradient_accumulation_steps": share.passes,
        "logging_strategy": "steps",
        # DDP would else sort gradients anew after its first step, and of three processes or more add them up in another order:
        # a run that is resumed would end with other bytes
        "ddp_find_unused_parameters": True,
        "ddp_broadcast_buffers": False,
    }
    if not share.sharded:
        return shared
    config = {
        "version": 2,
        "reshard_after_forward": True,
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "state_dict_type": "FULL_STATE_DICT",
        "cpu_ram_efficient_loading": False,
        "activation_checkpointing": schedule.gradient_checkpointing,  # FSDP has its own, and refuses the Trainer's beside it
    }
    return shared | {"fsdp": True, "fsdp_config": config, "activation_checkpointing": False, "bf16": True}


class SharingTrainer(Trainer):
    """A Trainer in one of several processes."""

    def __init__(self, share: Share, **settings: Any) -> None:
        super().__init__(**settings)
        self.share = share
        model: Any = self.model
        self.layers = [module for module in model.modules() if isinstance(module, Dropout) and module.p]

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Whole batches, in the order of one process, of which `pack` keeps some rows: accelerate would fill the last one up."""
        loader: DataLoader[Any] = DataLoader(
            self.train_dataset,  # type: ignore[arg-type]
            batch_size=self.share.rows * self.share.processes,
            sampler=self._get_train_sampler(),
            collate_fn=partial(pack, self.share),
            pin_memory=self.args.dataloader_pin_memory,
        )
        return prepare_data_loader(
            loader,
            self.args.device,
            num_processes=1,
            process_index=0,
            put_on_device=True,
            use_seedable_sampler=True,
            data_seed=self.args.data_seed,
        )

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """Adds a batch's gradients and returns its loss; ends with the random numbers drawn that one process would have drawn."""
        place = inputs.pop("place")
        state = torch.get_rng_state()
        self._skip(place.before)
        for layer in self.layers:
            layer.before = place.tokens
        loss = super().training_step(model, inputs, num_items_in_batch)
        torch.set_rng_state(state)
        self._skip(place.passes)
        return loss

    def _skip(self, passes: int) -> None:
        """Draws what the dropout of so many forward passes draws."""
        torch.randint(2**62, (passes * len(self.layers),))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Waits for what the others write of it, before it is sealed."""
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
