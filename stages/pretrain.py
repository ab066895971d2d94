"""Trains an adapter on all text of a corpus, so that it knows the language before it is trained to answer.

In: messages, held-out rows that no text may give away, the base model. Out: an adapter as the train stage leaves one, the
ledger of texts left out, the loss curves. A killed run resumes and ends with the same bytes, as in the train stage.

    python stages/pretrain.py --messages data/messages/market.jsonl --heldout data/heldout.jsonl --out models/pretrained/market …
"""

from pathlib import Path

import click

from mbegu.asking.settings import PromptFile
from mbegu.command import Stage, warn
from mbegu.sections import path, section
from mbegu.training.settings import Adapting, Corpus, Schedule


@click.command(cls=Stage)
@section(Corpus, "corpus")
@path("--base", "Folder of the base model.")
@path("--out", "Folder for the adapter.")
@path("--ledger", "Texts that are not trained on.")
@path("--curves", "Folder for training.csv and validation.csv.")
@path("--warnings", "What may come of it that is no use, as json.")
@path("--work", "Folder for checkpoints and the lock.")
@section(PromptFile, "prompt")
@section(Adapting, "adapting")
@section(Schedule, "schedule")
def main(
    corpus: Corpus, base: Path, out: Path, ledger: Path, curves: Path, warnings: Path, work: Path, prompt: PromptFile,
    adapting: Adapting, schedule: Schedule,
) -> None:  # fmt: skip
    """Train an adapter on the text of a corpus."""
    from mbegu.quiet import quiet

    quiet()
    from datasets import Dataset

    from mbegu.asking.prompts import read_prompt, saved_prompt, settled
    from mbegu.models.loading import load_tokenizer
    from mbegu.models.manifest import sha256, verify
    from mbegu.outputs import sole_writer, whole
    from mbegu.rows.corpus import read_messages
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.tables import write_json
    from mbegu.training import checkpoints, pretraining, stopping, trainer
    from mbegu.training.curves import last, overfitting, write_losses
    from mbegu.training.outlook import outlook, unchanged

    tokenizer, identity = load_tokenizer(base), verify(base)
    asked = settled(read_prompt(*prompt), tokenizer)
    texts = pretraining.readable(read_messages(corpus.messages), read_heldout(corpus.heldout), corpus, tokenizer)
    rows = Dataset.from_list(pretraining.encode(texts.kept, tokenizer, corpus.max_length))
    training, validation = trainer.split(rows, schedule.validation, "pretrain")
    stopping.check(len(validation), schedule, "pretrain")
    said = warn(*outlook(len(training), len(validation), schedule, "pretrain"))
    with sole_writer(work):
        readable = (sha256(corpus.heldout), corpus.heldout_similarity, corpus.heldout_overlap, corpus.max_length)
        run = checkpoints.run_folder(work, corpus.messages, base, (readable, adapting, schedule))
        model = trainer.build(base, *adapting, schedule.seed, "pretrain")
        state = trainer.train(model, training, validation, schedule, run)
        losses = write_losses(curves, state.log_history)
        said += warn(unchanged(model, "pretrain"), overfitting(*losses, schedule.early_stopping))
        write_json(warnings, said)
        write_lines(ledger, texts.ledger)
        with whole(out) as folder:
            checkpoints.save(model, {"base": identity, **saved_prompt(asked)}, folder)
        checkpoints.forget_runs(work)
    tokens = sum(len(ids) - 1 for ids in training["input_ids"])
    ended = f"{len(texts.ledger)} in the ledger, {last(*losses, schedule.early_stopping)}: {out}"
    click.echo(f"Read {len(texts.kept)} texts ({tokens} tokens a pass) in {state.global_step} steps, {ended}")


if __name__ == "__main__":
    main()
