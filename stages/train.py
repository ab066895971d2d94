"""Trains an adapter on a version: QLoRA by default, on the GPU if there is one, else on the CPU.

In: an encoded version, the base model. Out: the adapter with its prompt and SHA-256 manifest, and the loss curves.
A killed run resumes from its last checkpoint in the work folder and ends with the same bytes.

    python stages/train.py --encoded data/encoded/v2.arrow --base models/base --out models/adapters/v2 …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--encoded", type=click.Path(path_type=Path), required=True, help="Arrow file of the encode stage.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Folder of the base model.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the adapter.")
@click.option("--curves", type=click.Path(path_type=Path), required=True, help="Folder for trainer.csv and validation.csv.")
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for checkpoints and the lock.")
@click.option(
    "--method", type=click.Choice(["qlora", "lora", "full"]), required=True, help="4-bit base, bf16 base, or all weights."
)
@click.option("--lora.r", "lora_r", type=click.IntRange(1), required=True, help="Rank of the adapter.")
@click.option("--lora.alpha", "lora_alpha", type=click.IntRange(1), required=True, help="Scale: alpha / r.")
@click.option(
    "--lora.dropout", "lora_dropout", type=click.FloatRange(0, 1, max_open=True), required=True, help="Dropout before it."
)
@click.option("--lora.targets", "lora_targets", multiple=True, required=True, help="Layers that get one; repeat.")
@click.option("--epochs", type=click.FloatRange(0, min_open=True), required=True, help="Passes over the training rows.")
@click.option("--batch_size", type=click.IntRange(1), required=True, help="Rows a forward pass.")
@click.option("--gradient_accumulation_steps", type=click.IntRange(1), required=True, help="Forward passes an optimizer step.")
@click.option("--learning_rate", type=click.FloatRange(0, min_open=True), required=True, help="Peak learning rate of AdamW.")
@click.option("--lr_scheduler", type=click.Choice(["linear", "cosine", "constant"]), required=True, help="After warm-up.")
@click.option("--warmup_steps", type=click.IntRange(0), required=True, help="Optimizer steps up to the peak.")
@click.option("--weight_decay", type=click.FloatRange(0), required=True, help="Decoupled weight decay.")
@click.option("--max_grad_norm", type=click.FloatRange(0), required=True, help="Gradient clipping; 0 turns it off.")
@click.option("--gradient_checkpointing/--no-gradient_checkpointing", required=True, help="Less memory, a third more time.")
@click.option("--validation", type=click.FloatRange(0, 1, max_open=True), required=True, help="Share of lineages held back.")
@click.option("--save_steps", type=click.IntRange(1), required=True, help="Optimizer steps between checkpoints.")
@click.option("--seed", type=click.IntRange(0), required=True, help="For initial weights, order of rows and dropout.")
def main(
    encoded: Path, base: Path, out: Path, curves: Path, work: Path, method: str,
    lora_r: int, lora_alpha: int, lora_dropout: float, lora_targets: tuple[str, ...],
    epochs: float, batch_size: int, gradient_accumulation_steps: int, learning_rate: float, lr_scheduler: str,
    warmup_steps: int, weight_decay: float, max_grad_norm: float, gradient_checkpointing: bool,
    validation: float, save_steps: int, seed: int,
) -> None:  # fmt: skip
    """Train an adapter on a version."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.models.manifest import verify
    from mbegu.outputs import sole_writer, whole
    from mbegu.rows.tables import write_csv
    from mbegu.training import checkpoints, trainer
    from mbegu.training.curves import curves as loss_curves
    from mbegu.training.curves import overfitting
    from mbegu.training.encoded import read_encoded

    rows, prompt = read_encoded(encoded)
    checkpoints.same_base(prompt, verify(base), encoded)
    training_rows, validation_rows = trainer.split(rows, validation)
    lora = trainer.Lora(lora_r, lora_alpha, lora_dropout, list(lora_targets))
    schedule = trainer.Schedule(
        epochs, batch_size, gradient_accumulation_steps, learning_rate, lr_scheduler, warmup_steps, weight_decay,
        max_grad_norm, gradient_checkpointing, seed,
    )  # fmt: skip
    with sole_writer(work):
        checkpoints = checkpoints.run_folder(work, encoded, base, (method, lora, schedule, validation, save_steps))
        model = trainer.build(base, method, lora, seed)
        state = trainer.train(model, training_rows, validation_rows, schedule, save_steps, checkpoints)
        losses, validation_losses = loss_curves(state.log_history)
        write_csv(curves / "training.csv", ("step", "loss"), losses)
        write_csv(curves / "validation.csv", ("step", "loss"), validation_losses)
        with whole(out) as folder:
            checkpoints.save(model, prompt, folder)
        checkpoints.forget_runs(work)
    warning = overfitting(losses, validation_losses)
    if warning:
        click.echo(f"Warning: {warning}", err=True)
    final = f", validation loss {validation_losses[-1][1]:.3f}" if validation_losses else ""
    click.echo(
        f"Trained {method} on {len(training_rows)} rows in {state.global_step} steps, last loss {losses[-1][1]:.3f}{final}: {out}"
    )


if __name__ == "__main__":
    main()
