"""The progress of a training run: shown, and kept for a run that goes on from it."""

from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback

from mbegu.training import checkpoints


class Bar(TrainerCallback):
    """A progress bar over optimizer steps that shows the last losses."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar = tqdm(total=state.max_steps, initial=state.global_step, desc="Train", unit="step", dynamic_ncols=True)
        self.losses: dict[str, str] = {}

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar.update(state.global_step - self.bar.n)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        names = {"loss": "training", "eval_loss": "validation"}
        self.losses |= {names[key]: f"{value:.3f}" for key, value in (logs or {}).items() if key in names}
        self.bar.set_postfix(self.losses)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.bar.close()


class Seal(TrainerCallback):
    """Seals each checkpoint when the Trainer has written all of it."""

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        checkpoints.seal(Path(args.output_dir), state.global_step)
