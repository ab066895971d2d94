"""What a training run looked like: its loss curves, and whether it over-fitted."""

import itertools
from typing import Any

Point = tuple[int, float]


def losses(log_history: list[dict[str, Any]]) -> tuple[list[Point], list[Point]]:
    """Training and validation loss in nats a token, as (optimizer step, loss)."""
    training = [(entry["step"], entry["loss"]) for entry in log_history if "loss" in entry]
    validation = [(entry["step"], entry["eval_loss"]) for entry in log_history if "eval_loss" in entry]
    return training, validation


def overfitting(training: list[Point], validation: list[Point]) -> str | None:
    """A sentence if between two validations the validation loss rose while the mean training loss fell, else None."""
    means = [
        _mean([loss for step, loss in training if start < step <= end]) for (start, _), (end, _) in itertools.pairwise(validation)
    ]
    for index in range(1, len(means)):
        (_, before), (step, after) = validation[index], validation[index + 1]
        if after > before and means[index] < means[index - 1]:
            return (
                f"over-fitting: by step {step} validation loss rose from {before:.3f} to {after:.3f} while training loss "
                f"fell from {means[index - 1]:.3f} to {means[index]:.3f}; train fewer epochs or write more rows."
            )
    return None


def _mean(losses: list[float]) -> float:
    return sum(losses) / len(losses) if losses else float("nan")
