"""What a training run looked like: its loss curves, and whether it over-fitted."""

import itertools
from pathlib import Path
from typing import Any

from mbegu.rows.tables import write_csv

Point = tuple[int, float]


def losses(log_history: list[dict[str, Any]]) -> tuple[list[Point], list[Point]]:
    """Training and validation loss in nats a token, as (optimizer step, loss)."""
    training = [(entry["step"], entry["loss"]) for entry in log_history if "loss" in entry]
    validation = [(entry["step"], entry["eval_loss"]) for entry in log_history if "eval_loss" in entry]
    return training, validation


def write_losses(folder: Path, log_history: list[dict[str, Any]]) -> tuple[list[Point], list[Point]]:
    """Writes training.csv and validation.csv; returns `losses`."""
    found = losses(log_history)
    for name, points in zip(("training", "validation"), found, strict=True):
        write_csv(folder / f"{name}.csv", ("step", "loss"), points)
    return found


def best(validation: list[Point]) -> Point:
    """The first evaluation with the lowest loss."""
    return min(validation, key=lambda point: point[1])


def last(training: list[Point], validation: list[Point], early_stopping: int) -> str:
    """The losses that a run ends with, for the line that its stage ends with."""
    said = f"last loss {training[-1][1]:.3f}"
    if early_stopping:
        step, loss = best(validation)
        return f"{said}, kept step {step} with validation loss {loss:.3f}"
    return said + (f", validation loss {validation[-1][1]:.3f}" if validation else "")


def overfitting(training: list[Point], validation: list[Point], early_stopping: int = 0) -> str | None:
    """A sentence if between two validations the validation loss rose while the mean training loss fell, else None."""
    means = [
        _mean([loss for step, loss in training if start < step <= end]) for (start, _), (end, _) in itertools.pairwise(validation)
    ]
    for index in range(1, len(means)):
        (_, before), (step, after) = validation[index], validation[index + 1]
        if after > before and means[index] < means[index - 1]:
            kept = f"kept are the weights of step {best(validation)[0]}; more rows would allow more"
            return (
                f"over-fitting: by step {step} validation loss rose from {before:.3f} to {after:.3f} while training loss "
                f"fell from {means[index - 1]:.3f} to {means[index]:.3f}; "
                f"{kept if early_stopping else 'train fewer epochs or write more rows'}."
            )
    return None


def _mean(losses: list[float]) -> float:
    return sum(losses) / len(losses) if losses else float("nan")
