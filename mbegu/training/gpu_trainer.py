"""The Trainer on a CUDA GPU: steps from recordings, and losses that are read when they have to be."""

from typing import Any

import torch
from transformers import Trainer, TrainerCallback

from mbegu.training.dropout import hold_masks
from mbegu.training.recorded import Recorder

READ_EVERY = 20  # optimizer steps; each reading waits until the GPU has done all that it was given


class Losses(TrainerCallback):
    """The losses of optimizer steps, which stay on the GPU until something wants to read them."""

    def __init__(self) -> None:
        self.pending: list[tuple[int, torch.Tensor]] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Writes them to the history before it is saved, or read by an evaluation or at the end."""
        wanted = control.should_save or control.should_evaluate or control.should_training_stop
        if wanted or state.global_step % READ_EVERY == 0:
            self.read(state)

    def read(self, state: Any) -> None:
        """Moves what is pending to the history, one entry an optimizer step."""
        sums: dict[int, float] = {}
        values = torch.stack([loss for _, loss in self.pending]).tolist() if self.pending else []
        for (step, _), value in zip(self.pending, values, strict=True):
            sums[step] = sums.get(step, 0.0) + value
        state.log_history += [{"loss": value, "step": step} for step, value in sums.items()]
        self.pending.clear()


class GpuTrainer(Trainer):
    """A Trainer for adapters on one GPU."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        model: Any = self.model
        # the Trainer itself must not turn it on
        checkpointing, self.args.activation_checkpointing = self.args.activation_checkpointing, False
        self.recorder = Recorder(model, self.args.train_batch_size, bool(checkpointing))
        self.new_masks = hold_masks(model, self.args.device)
        self.losses = Losses()
        self.add_callback(self.losses)

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """Adds a batch's gradients and returns its loss."""
        model.train()
        self.new_masks()
        loss = self.recorder.step(self._prepare_inputs(inputs), num_items_in_batch).clone()
        self.losses.pending.append((self.state.global_step + 1, loss))
        return loss

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Not counted: transformers walks over all parameters for it in each step."""
        return 0
