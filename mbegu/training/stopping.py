"""Early stopping: training ends when validation loss no longer falls, with the weights of the best evaluation.

What was best so far is read from the history of losses, which checkpoints hold, and each best weights lie in the run's folder
under their step: so a run that was killed at any time ends as an uninterrupted one does.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback, TrainerState

from mbegu.errors import BadInput
from mbegu.outputs import whole
from mbegu.training.curves import Point, best, losses
from mbegu.training.settings import Schedule


def check(validation: int, schedule: Schedule, section: str) -> None:
    """Raises BadInput if training shall stop by the loss over so many validation rows, and there is none."""
    if schedule.early_stopping and not validation:
        raise BadInput(
            f"{section}.early_stopping: {schedule.early_stopping} needs a validation loss, and a {section}.validation of "
            f"{schedule.validation:g} holds back no row; raise it, write more rows, or set early_stopping to 0."
        )


class Stopping(TrainerCallback):
    """Ends training after `patience` evaluations that are no better than the best before them, and keeps the best weights.

    Of several processes one has a folder to keep them in.
    """

    def __init__(self, patience: int, folder: Path | None) -> None:
        self.patience = patience
        self.folder = folder

    def on_evaluate(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Compares the last evaluation with those before it."""
        _, validation = losses(state.log_history)
        if self.folder is not None and best(validation) is validation[-1]:
            with whole(_file(self.folder, state.global_step)) as temporary:
                save_file({name: weights.detach().contiguous() for name, weights in _trained(model).items()}, temporary)
        if is_over(validation, self.patience):
            control.should_training_stop = True


def is_over(validation: list[Point], patience: int) -> bool:
    """Whether so many evaluations, or more, followed the best one."""
    return len(validation) - 1 - validation.index(best(validation)) >= patience


def ended(checkpoint: str | None, patience: int) -> TrainerState | None:
    """The state of a run that had stopped when it was killed; None if it has to go on."""
    if checkpoint is None or not patience:
        return None
    state = TrainerState.load_from_json(str(Path(checkpoint) / "trainer_state.json"))
    _, validation = losses(state.log_history)
    return state if validation and is_over(validation, patience) else None


def restore(model: Any, log_history: list[dict[str, Any]], folder: Path) -> None:
    """Puts the weights of the best evaluation back into a model that has been trained on since."""
    step, _ = best(losses(log_history)[1])
    kept = load_file(_file(folder, step))
    with torch.no_grad():
        for name, weights in _trained(model).items():
            weights.copy_(kept[name])


def _file(folder: Path, step: int) -> Path:
    return folder / f"best-{step}.safetensors"


def _trained(model: Any) -> dict[str, torch.Tensor]:
    return {name: weights for name, weights in model.named_parameters() if weights.requires_grad}
