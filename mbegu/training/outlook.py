"""What can be said of a training run before its first step, and of an adapter after its last."""

from typing import Any

from mbegu.training.settings import Schedule

FEW = 8  # rows; a default batch is as many


def outlook(training: int, validation: int, schedule: Schedule, section: str = "train") -> list[str]:
    """Sentences about a run over so many rows that will teach little, or whose end will tell little.

    Args:
        section: of params.yaml, which holds the schedule.
    """
    found = []
    if training < FEW:
        rows = "only 1 row" if training == 1 else f"only {training} rows"
        found.append(f"{rows} to train on ({validation} held back): fewer than {FEW} teach next to nothing; write more rows.")
    if schedule.validation and not validation:
        found.append(
            f"{section}.validation: a share of {schedule.validation:g} holds back none of {training} rows, so that there is no "
            "validation loss, and over-fitting can't be seen; raise it, or write more rows."
        )
    return [*found, *(f"{section}.warmup_steps: {text}" for text in _warm_up(training, schedule))]


def _warm_up(rows: int, schedule: Schedule) -> list[str]:
    steps, warmup = schedule.steps(rows), schedule.warmup_steps
    if schedule.lr_scheduler == "constant" or 2 * warmup < steps or not warmup:  # "constant" has no warm-up
        return []
    batch = f"{schedule.batch_size} x {schedule.gradient_accumulation_steps}"
    run = f"{rows} row{'s' if rows > 1 else ''} in batches of {batch}, epochs: {schedule.epochs:g}"
    if steps == 1:  # warm-up begins at 0
        return [
            f"the learning rate is 0 in the only optimizer step ({run}), so that nothing is learned and "
            "every score will be the base model's; set warmup_steps to 0, lower gradient_accumulation_steps, or write more rows."
        ]
    return [
        f"{min(warmup, steps)} of {steps} optimizer steps are warm-up ({run}); set it to {steps // 10}, "
        "lower gradient_accumulation_steps, or write more rows."
    ]


def unchanged(model: Any, section: str = "train") -> str | None:
    """A sentence if all B matrices of a trained adapter are still 0, as LoRA begins, so that it does nothing; else None."""
    weights = [weight for name, weight in model.named_parameters() if "lora_B" in name]
    if not weights or any(bool(weight.any()) for weight in weights):
        return None
    return (
        "the adapter changes nothing: its B matrices are all 0, as before the first step, so that it answers as the base model "
        f"does; look at {section}.warmup_steps, {section}.learning_rate and the number of rows."
    )
