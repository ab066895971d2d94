"""A training run of the stage `train`, from an encoded version to an adapter: in its own process, or in each of several."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.command import warn
from mbegu.models.loading import load_base, load_tokenizer
from mbegu.training import checkpoints, language, sharding, starting, trainer
from mbegu.training.encoded import read_encoded
from mbegu.training.outlook import unchanged
from mbegu.training.settings import Job
from mbegu.training.shares import Share


class Ended(NamedTuple):
    """What came of a run."""

    history: list[dict[str, Any]]  # `log_history` of the Trainer
    steps: int
    said: list[str]  # warnings
    save: Callable[[Path], None]  # puts the adapter into a folder


def train(job: Job, run: Path, share: Share | None = None) -> Ended:
    """Trains an adapter, or goes on from the last checkpoint in the folder `run`.

    Args:
        share: what this process does, where several train together; but the first of them then says nothing.
    """
    rows, prompt = read_encoded(job.encoded)
    training, validation = trainer.split(rows, job.schedule.validation)
    sharded = share is not None and share.sharded
    load = sharding.load if sharded else load_base
    model = trainer.build(job.base, job.training.method, job.training.lora, job.schedule.seed, load=load)
    if job.start is not None:
        starting.load(model, job.start)
    speaks = not sharded and (share is None or share.first)
    said = warn(language.unknown(model, training, load_tokenizer(job.base))) if speaks else []
    state = trainer.train(model, training, validation, job.schedule, run, share)
    weights = sharding.gathered(model) if sharded else None
    said += warn(unchanged(model)) if speaks else []
    return Ended(state.log_history, state.global_step, said, partial(_save, model, prompt, weights))


def _save(model: Any, prompt: dict[str, Any], weights: dict[str, Any] | None, folder: Path) -> None:
    checkpoints.save(model, prompt, folder, weights)
