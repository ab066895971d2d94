"""Trains an adapter on a version: QLoRA by default, on the GPU if there is one, else on the CPU.

In: an encoded version, the base model. Out: the adapter with its prompt and SHA-256 manifest, and the loss curves.
A killed run resumes from its last checkpoint in the work folder and ends with the same bytes.

    python stages/train.py --encoded data/encoded/v2.arrow --base models/base --out models/adapters/v2 …
"""

from pathlib import Path

import click

from mbegu.command import Stage, warn
from mbegu.sections import path, section
from mbegu.training.settings import Lora, Schedule


@click.command(cls=Stage)
@path("--encoded", "Arrow file of the encode stage.")
@path("--base", "Folder of the base model.")
@path("--start", "What to start from: the base, or an adapter of the pretrain stage.")
@path("--out", "Folder for the adapter.")
@path("--curves", "Folder for training.csv and validation.csv.")
@path("--warnings", "What may come of it that is no use, as json.")
@path("--work", "Folder for checkpoints and the lock.")
@click.option(
    "--method", type=click.Choice(["qlora", "lora", "full"]), required=True, help="4-bit base, bf16 base, or all weights."
)
@section(Lora, "lora", "lora.")
@section(Schedule, "schedule")
def main(
    encoded: Path, base: Path, start: Path, out: Path, curves: Path, warnings: Path, work: Path, method: str, lora: Lora,
    schedule: Schedule,
) -> None:  # fmt: skip
    """Train an adapter on a version."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.models.loading import load_tokenizer
    from mbegu.models.manifest import verify
    from mbegu.outputs import sole_writer, whole
    from mbegu.rows.tables import write_json
    from mbegu.training import checkpoints, language, starting, stopping, trainer
    from mbegu.training.curves import last, overfitting, write_losses
    from mbegu.training.encoded import read_encoded
    from mbegu.training.outlook import outlook, unchanged

    rows, prompt = read_encoded(encoded)
    checkpoints.same_base(prompt, verify(base), encoded)
    started = starting.identity(start, base, method, lora)
    training_rows, validation_rows = trainer.split(rows, schedule.validation)
    stopping.check(len(validation_rows), schedule, "train")
    said = warn(*outlook(len(training_rows), len(validation_rows), schedule))
    with sole_writer(work):
        run = checkpoints.run_folder(work, encoded, base, (method, lora, schedule, started))
        model = trainer.build(base, method, lora, schedule.seed)
        if started is not None:
            starting.load(model, start)
        said += warn(language.unknown(model, training_rows, load_tokenizer(base)))
        state = trainer.train(model, training_rows, validation_rows, schedule, run)
        losses = write_losses(curves, state.log_history)
        said += warn(unchanged(model), overfitting(*losses, schedule.early_stopping))
        write_json(warnings, said)
        with whole(out) as folder:
            checkpoints.save(model, prompt, folder)
        checkpoints.forget_runs(work)
    ended = last(*losses, schedule.early_stopping)
    click.echo(f"Trained {method} on {len(training_rows)} rows in {state.global_step} steps, {ended}: {out}")


if __name__ == "__main__":
    main()
