"""The sections `train` and `pretrain` of params.yaml."""

import math
from pathlib import Path
from typing import Annotated, NamedTuple

from click import Choice, FloatRange, IntRange

from mbegu.sections import NONEMPTY


class Lora(NamedTuple):
    """LoRA (Hu et al. 2021, arXiv 2106.09685): `alpha / r` scales the product of two rank-`r` matrices; with `use_rslora`,
    `alpha / sqrt(r)` does (Kalajdzievski 2023, arXiv 2312.03732)."""

    r: Annotated[int, IntRange(1), "Rank of the adapter."]
    alpha: Annotated[int, IntRange(1), "Scale: alpha / r."]
    dropout: Annotated[float, FloatRange(0, 1, max_open=True), "Dropout before it."]
    targets: Annotated[list[str], NONEMPTY, "Layers that get one; repeat."]
    use_rslora: Annotated[bool, "Scale by alpha / sqrt(r), which keeps high ranks learning."] = False


class Training(NamedTuple):
    """What is trained, and by how many processes."""

    method: Annotated[str, Choice(["qlora", "lora", "full"]), "4-bit base, bf16 base, or all weights."]
    lora: Lora
    processes: Annotated[str, "Processes that share each step; auto: one a GPU."] = "1"
    sharding: Annotated[str, Choice(["none", "fsdp"]), "Whether each GPU holds the whole model, or a part."] = "none"


class Schedule(NamedTuple):
    """How long, how fast, on which rows."""

    epochs: Annotated[float, FloatRange(0, min_open=True), "Passes over the training rows."]
    batch_size: Annotated[int, IntRange(1), "Rows a forward pass."]
    gradient_accumulation_steps: Annotated[int, IntRange(1), "Forward passes an optimizer step."]
    learning_rate: Annotated[float, FloatRange(0, min_open=True), "Peak learning rate of AdamW."]
    lr_scheduler: Annotated[str, Choice(["linear", "cosine", "constant"]), "After warm-up."]
    warmup_steps: Annotated[int, IntRange(0), "Optimizer steps up to the peak."]
    weight_decay: Annotated[float, FloatRange(0), "Decoupled weight decay."]
    max_grad_norm: Annotated[float, FloatRange(0), "Gradient clipping; 0 turns it off."]
    gradient_checkpointing: Annotated[bool, "Less memory, a third more time; on a GPU only where it must."]
    validation: Annotated[float, FloatRange(0, 1, max_open=True), "Share of lineages held back."]
    save_steps: Annotated[int, IntRange(1), "Optimizer steps between checkpoints."]
    early_stopping: Annotated[int, IntRange(0), "Evaluations without a lower validation loss that end it with the best; 0 never."]
    deterministic: Annotated[bool, "The same bytes from run to run on a GPU too, where that costs time."]
    liger: Annotated[bool, "Fused kernels of liger-kernel, on a GPU."]
    seed: Annotated[int, IntRange(0), "For initial weights, order of rows and dropout."]

    def epoch_steps(self, rows: int) -> int:
        """Optimizer steps of a pass over so many rows."""
        return math.ceil(rows / self.batch_size / self.gradient_accumulation_steps)

    def steps(self, rows: int) -> int:
        """Optimizer steps of the whole run."""
        return math.ceil(self.epochs * self.epoch_steps(rows))


class Job(NamedTuple):
    """What a run of the stage `train` is made of."""

    encoded: Path
    base: Path
    start: Path | None  # an adapter to go on from
    training: Training
    schedule: Schedule


class Corpus(NamedTuple):
    """Which texts an adapter reads before it is trained to answer."""

    messages: Annotated[Path, "Messages of the ingest_telegram stage, or texts of the study stage."]
    heldout: Annotated[Path, "Rows that are never trained on."]
    heldout_similarity: Annotated[float, FloatRange(0, 1), "ROUGE-L F1 to a held-out text above this leaks."]
    heldout_overlap: Annotated[float, FloatRange(0, 1), "Share of a held-out text in 8-grams of a text."]
    max_length: Annotated[int, IntRange(2), "Tokens above which a text is cut into pieces."]
    exams: Annotated[str, "Folder of closed-book questions, whose wording no text may give away."] = ""
    general: Annotated[str, "Rows of general text to mix in, against forgetting."] = ""
    replay: Annotated[float, FloatRange(0, 1, max_open=True), "Share of the tokens that are such text."] = 0.0


class Adapting(NamedTuple):
    """Which adapter the section `pretrain` asks for."""

    method: Annotated[str, Choice(["qlora", "lora"]), "4-bit or bf16 base."]
    lora: Lora
