"""One training run: LoRA on a 4-bit or bf16 base, or full fine-tuning, resumable and the same to the byte."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import Trainer, TrainingArguments, set_seed
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from mbegu.errors import BadInput
from mbegu.models.four_bits import unpack
from mbegu.models.loading import keep_gradients_after_evaluation, load_base
from mbegu.models.lora import round_branches
from mbegu.rows.lineage import side
from mbegu.training import checkpoints, cuda, new_tokens, packing, shares, stopping
from mbegu.training.dropout import replace_dropout
from mbegu.training.heap import keep_freed_memory
from mbegu.training.loss import completion_loss
from mbegu.training.progress import Bar, Seal
from mbegu.training.settings import Lora, Schedule


def split(rows: Dataset, fraction: float, section: str = "train") -> tuple[Dataset, Dataset]:
    """Training and validation rows, by the human rows that each descends from, and always the same for the same row.

    A row that descends from both sides is on neither: bootstrapping writes none, another tool might.

    Raises:
        BadInput: no row is left to train on.
    """
    sides = [side(roots, fraction) for roots in rows["roots"]]
    training = [index for index, found in enumerate(sides) if found == "training"]
    validation = [index for index, found in enumerate(sides) if found == "validation"]
    if not training:
        raise BadInput(
            f"{section}.validation: {fraction} leaves none of {len(rows)} rows to train on; write more rows or lower it."
        )
    return rows.select(training), rows.select(validation)


def build(
    base: Path, method: str, lora: Lora, seed: int, section: str = "train", load: Callable[[Path, str, str], Any] = load_base
) -> Any:
    """A model ready for training: "qlora" (NF4 base), "lora" (bf16 base) or "full" (every weight, in fp32).

    Args:
        load: what loads the base, as `load_base` does.

    Raises:
        BadInput: the base has no layer of one of the names in `lora.targets`, or one that can't have an adapter.
    """
    cuda.prepare()
    if not torch.cuda.is_available():
        keep_freed_memory()
    # oneDNN keeps its compiled kernels by shape, and every batch has a new one: 1,024 of them took 0.8 GB in 20 steps
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
    model = load(base, "nf4" if method == "qlora" else "none", packing.NAME)
    keep_gradients_after_evaluation(model)
    if method == "full":
        return model.float()
    names = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules()}
    unknown = [target for target in lora.targets if target not in names]
    if unknown:
        linear = sorted(name for name in names if "proj" in name)
        raise BadInput(f"{section}.lora.targets: this base has no layer {', '.join(unknown)}; it has {', '.join(linear)}.")
    new_tokens.check(model, lora.targets, section)
    return adapt(model, lora, seed)


def adapt(model: Any, lora: Lora, seed: int) -> Any:
    """A base with adapters, as they are trained."""
    adapted = unpack(add_lora(model, lora, seed))
    replace_dropout(adapted)
    round_branches(adapted)
    return adapted


def add_lora(model: Any, lora: Lora, seed: int) -> Any:
    """Freezes the base as it is (no layer is copied to fp32) and adds fp32 adapters, initialised from `seed`.

    Where tokens were added to the base, the adapter has their embeddings too.
    """
    set_seed(seed)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    config = LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        use_rslora=lora.use_rslora,
        target_modules=lora.targets,
        task_type="CAUSAL_LM",
        trainable_token_indices=new_tokens.layers(model) or None,
    )
    return new_tokens.train_apart(get_peft_model(model, config))


def train(
    model: Any, rows: Dataset, validation: Dataset, schedule: Schedule, folder: Path, share: shares.Share | None = None
) -> Any:
    """Trains in place, with validation before the first step and after each epoch, resuming from `folder`.

    Args:
        rows: encoded rows (see `encoded.SCHEMA`); `validation` likewise, empty for none.
        folder: for a checkpoint every `schedule.save_steps` optimizer steps.
        share: what this process does of each step, where several train together.

    Returns:
        The `TrainerState`, whose `log_history` has one entry per logged step or evaluation.
    """
    cuda.check_liger(schedule.liger)
    cuda.order_sums(schedule.deterministic)
    checkpoint = checkpoints.last_whole(folder)
    state = stopping.ended(checkpoint, schedule.early_stopping)
    if state is None:
        trainer = _trainer(model, rows, validation, schedule, folder, share)
        # a first evaluation draws from the random generator, and a resumed run has had it
        trainer.args.eval_on_start = bool(len(validation)) and checkpoint is None
        set_seed(schedule.seed)
        with cuda.enough_memory(model, schedule):
            trainer.train(resume_from_checkpoint=checkpoint)
        state = trainer.state
    if schedule.early_stopping and (share is None or share.first):
        stopping.restore(model, state.log_history, folder)
    return state


def _trainer(
    model: Any, rows: Dataset, validation: Dataset, schedule: Schedule, folder: Path, share: shares.Share | None
) -> Trainer:
    steps = schedule.epoch_steps(len(rows)) if len(validation) else None
    gpu = model.device.type == "cuda" or (share is not None and share.sharded)
    kind: Callable[..., Trainer]
    kind, more = cuda.trainer(model, schedule.liger) if gpu else (Trainer, {})
    writes = share is None or share.first
    if share is not None:
        kind, more = partial(shares.SharingTrainer, share), more | shares.arguments(share, schedule)
    trainer = kind(
        model=model,
        args=TrainingArguments(**(_arguments(schedule, steps, folder) | more)),
        train_dataset=rows,
        eval_dataset=validation if len(validation) else None,
        data_collator=packing.pack,
        compute_loss_func=completion_loss,
        callbacks=[
            *([Bar(), Seal()] if writes else []),
            *([stopping.Stopping(schedule.early_stopping, folder if writes else None)] if schedule.early_stopping else []),
        ],
    )
    trainer.remove_callback(ProgressCallback)
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arguments(schedule: Schedule, eval_steps: int | None, folder: Path) -> dict[str, Any]:
    return {
        "output_dir": str(folder),
        "num_train_epochs": schedule.epochs,
        "per_device_train_batch_size": schedule.batch_size,
        "gradient_accumulation_steps": schedule.gradient_accumulation_steps,
        "learning_rate": schedule.learning_rate,
        "lr_scheduler_type": schedule.lr_scheduler,
        "warmup_steps": schedule.warmup_steps,
        "weight_decay": schedule.weight_decay,
        "max_grad_norm": schedule.max_grad_norm,
        "activation_checkpointing": schedule.gradient_checkpointing,
        "seed": schedule.seed,
        "data_seed": schedule.seed,
        "per_device_eval_batch_size": 1,  # so that validation loss is the mean over rows, however they are batched
        # by steps and not by "epoch", which evaluates after a checkpoint of the same step is saved: a run resumed
        # from that checkpoint would leave the evaluation out, and draw other random numbers from there on
        "eval_strategy": "steps" if eval_steps else "no",
        "eval_steps": eval_steps,
        "save_strategy": "steps",
        "save_steps": schedule.save_steps,
        "logging_steps": 1,
        "remove_unused_columns": False,
        "dataloader_pin_memory": False,
        "label_names": ["labels"],
        "report_to": [],
        "use_cpu": not torch.cuda.is_available(),
    }
