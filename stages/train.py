"""Trains an adapter on a version: QLoRA by default, on the GPU if there is one, else on the CPU.

In: an encoded version, the base model. Out: the adapter with its prompt and SHA-256 manifest, and the loss curves.
A killed run resumes from its last checkpoint in the work folder and ends with the same bytes. Several processes may share
each step (`train.processes`).

    python stages/train.py --encoded data/encoded/v2.arrow --base models/base --out models/adapters/v2 …
"""

from pathlib import Path

import click

from mbegu.command import Stage, warn
from mbegu.sections import path, section
from mbegu.training.settings import Job, Schedule, Training


@click.command(cls=Stage)
@path("--encoded", "Arrow file of the encode stage.")
@path("--base", "Folder of the base model.")
@path("--start", "What to start from: the base, or an adapter of the pretrain stage.")
@path("--out", "Folder for the adapter.")
@path("--curves", "Folder for training.csv and validation.csv.")
@path("--warnings", "What may come of it that is no use, as json.")
@path("--work", "Folder for checkpoints and the lock.")
@section(Training, "training")
@section(Schedule, "schedule")
def main(
    encoded: Path, base: Path, start: Path, out: Path, curves: Path, warnings: Path, work: Path, training: Training,
    schedule: Schedule,
) -> None:  # fmt: skip
    """Train an adapter on a version."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.models.manifest import verify
    from mbegu.outputs import sole_writer, whole
    from mbegu.rows.tables import write_json
    from mbegu.training import checkpoints, launching, processes, session, starting, stopping, trainer
    from mbegu.training.curves import last, overfitting, write_losses
    from mbegu.training.encoded import read_encoded
    from mbegu.training.outlook import outlook

    number = processes.settle(training, schedule)
    rows, prompt = read_encoded(encoded)
    checkpoints.same_base(prompt, verify(base), encoded)
    started = starting.identity(start, base, training.method, training.lora)
    training_rows, validation_rows = trainer.split(rows, schedule.validation)
    stopping.check(len(validation_rows), schedule, "train")
    processes.check_memory(number, base, training, schedule, training_rows)
    said = warn(*outlook(len(training_rows), len(validation_rows), schedule))
    with sole_writer(work):
        settings = (training.method, training.lora, schedule, started)
        run = checkpoints.run_folder(work, encoded, base, settings + processes.identity(number, training))
        job = Job(encoded, base, None if started is None else start, training, schedule)
        ended = session.train(job, run) if number == 1 else launching.train(job, run, number)
        losses = write_losses(curves, ended.history)
        said += ended.said + warn(overfitting(*losses, schedule.early_stopping))
        write_json(warnings, said)
        with whole(out) as folder:
            ended.save(folder)
        checkpoints.forget_runs(work)
    by = f" by {number} processes" if number > 1 else ""
    result = last(*losses, schedule.early_stopping)
    click.echo(f"Trained {training.method} on {len(training_rows)} rows in {ended.steps} steps{by}, {result}: {out}")


if __name__ == "__main__":
    main()
