"""Trains an adapter on all text of a corpus, so that it knows the language, or the documents, before it is trained to answer.

In: messages or study texts, held-out rows that no text may give away, the base model. Out: an adapter as the train stage leaves
one, the ledger of texts left out, the loss curves, the tokens that it read. A killed run resumes and ends with the same bytes.

    python stages/pretrain.py --messages data/messages/market.jsonl --heldout data/heldout.jsonl --out models/pretrained/market …
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import click

from mbegu.asking.settings import PromptFile
from mbegu.command import Stage, warn
from mbegu.sections import path, section
from mbegu.training.settings import Adapting, Corpus, Schedule


class Told(NamedTuple):
    """What is written beside the adapter."""

    ledger: Annotated[Path, "Texts that are not trained on."]
    curves: Annotated[Path, "Folder for training.csv and validation.csv, and replay.csv where general text is mixed in."]
    warnings: Annotated[Path, "What may come of it that is no use, as json."]
    counts: Annotated[Path, "Tokens that training went through, as json."]


@click.command(cls=Stage)
@section(Corpus, "corpus")
@path("--base", "Folder of the base model.")
@path("--out", "Folder for the adapter.")
@section(Told, "told")
@path("--work", "Folder for checkpoints and the lock.")
@section(PromptFile, "prompt")
@section(Adapting, "adapting")
@section(Schedule, "schedule")
def main(
    corpus: Corpus, base: Path, out: Path, told: Told, work: Path, prompt: PromptFile, adapting: Adapting, schedule: Schedule,
) -> None:  # fmt: skip
    """Train an adapter on the text of a corpus."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.prompts import read_prompt, saved_prompt, settled
    from mbegu.models.loading import load_tokenizer
    from mbegu.models.manifest import sha256, verify
    from mbegu.outputs import sole_writer, whole
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.tables import write_json
    from mbegu.training import checkpoints, mixing, replay, stopping, trainer
    from mbegu.training.curves import last, overfitting, write_losses
    from mbegu.training.outlook import outlook, unchanged

    tokenizer, identity = load_tokenizer(base), verify(base)
    asked = settled(read_prompt(*prompt), tokenizer)
    read = mixing.mixed(corpus, schedule.validation, tokenizer)
    stopping.check(len(read.validation), schedule, "pretrain")
    said = warn(*outlook(len(read.training), len(read.validation), schedule, "pretrain"), read.shortfall)
    with sole_writer(work):
        settings = (mixing.identity(corpus, sha256), adapting, schedule)
        run = checkpoints.run_folder(work, corpus.messages, base, settings)
        model = trainer.build(base, *adapting, schedule.seed, "pretrain")
        before = replay.mean_loss(model, read.general)
        state = trainer.train(model, read.training, read.validation, schedule, run)
        losses = write_losses(told.curves, state.log_history)
        after = replay.mean_loss(model, read.general)
        if corpus.general:
            mixing.write_forgetting(told.curves, before, after, state.global_step)
        said += warn(unchanged(model, "pretrain"), overfitting(*losses, schedule.early_stopping))
        write_json(told.warnings, said)
        write_lines(told.ledger, read.ledger)
        write_json(told.counts, mixing.counts(read, state.global_step, schedule))
        with whole(out) as folder:
            checkpoints.save(model, {"base": identity, **saved_prompt(asked)}, folder)
        checkpoints.forget_runs(work)
    general = f", general text {before:.3f} → {after:.3f}" if before is not None else ""
    ended = f"{len(read.ledger)} in the ledger, {last(*losses, schedule.early_stopping)}{general}: {out}"
    click.echo(f"Read {read.texts} texts ({read.tokens} tokens a pass) in {state.global_step} steps, {ended}")


if __name__ == "__main__":
    main()
