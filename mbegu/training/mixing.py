"""What the pretrain stage reads: the texts of a corpus that give no held-out row away, and a share of general ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from datasets import Dataset

from mbegu.rows.corpus import read_messages
from mbegu.rows.exams import read_exams
from mbegu.rows.heldout import read_heldout
from mbegu.rows.ledger import Entry, Sieved
from mbegu.rows.tables import write_csv
from mbegu.training import pretraining, replay, trainer
from mbegu.training.settings import Corpus, Schedule


class Read(NamedTuple):
    """Encoded rows of both sides of the validation split."""

    training: Dataset
    validation: Dataset
    general: replay.Encoded  # general rows that are held back
    ledger: list[Entry]
    texts: int  # that are read, on either side
    tokens: int  # of a pass over the training rows, each of which is predicted
    shortfall: str | None  # what is to be said where there is too little general text


def mixed(corpus: Corpus, validation: float, tokenizer: Any) -> Read:
    """Reads a corpus, its held-out rows and its general rows.

    Args:
        validation: share of texts held back, by a hash of each.

    Raises:
        BadInput: a file can't be read, or nothing is left to train on.
    """
    heldout = [*read_heldout(corpus.heldout), *(read_exams(Path(corpus.exams)).rows() if corpus.exams else [])]
    texts = pretraining.readable(read_messages(corpus.messages), heldout, corpus, tokenizer)
    rows = Dataset.from_list(pretraining.encode(texts.kept, tokenizer, corpus.max_length))
    training, held_back = trainer.split(rows, validation, "pretrain")
    tokens = _tokens(training)
    if not corpus.general:
        replay.read_general("", corpus.replay)
        return Read(training, held_back, [], texts.ledger, len(texts.kept), tokens, None)
    others = replay.read_general(corpus.general, corpus.replay)
    named = corpus._replace(messages=Path(corpus.general))
    fitting = pretraining.readable(others, heldout, named, tokenizer) if others else Sieved([], [])
    encoded = pretraining.encode(fitting.kept, tokenizer, corpus.max_length)
    apart = [row for row in encoded if pretraining.is_held_back(row, validation)]
    drawn = replay.draw([row for row in encoded if not pretraining.is_held_back(row, validation)], tokens, corpus.replay)
    together = Dataset.from_list([*training, *drawn])
    ledger = [*texts.ledger, *fitting.ledger]
    missing = replay.shortfall(drawn, tokens, corpus.replay)
    return Read(together, held_back, apart, ledger, len(texts.kept) + len(drawn), _tokens(together), missing)


def _tokens(rows: Dataset) -> int:
    return sum(len(ids) - 1 for ids in rows["input_ids"])


def counts(read: Read, steps: int, schedule: Schedule) -> dict[str, int]:
    """Texts on either side, pieces that are trained on and their tokens, and the tokens that so many optimizer steps went
    through: those of all epochs, or of fewer where training ended early."""
    tokens = sum(len(ids) for ids in read.training["input_ids"])
    passes = steps / schedule.epoch_steps(len(read.training))
    return {"texts": read.texts, "pieces": len(read.training), "tokens": tokens, "trained": round(tokens * passes)}


def identity(corpus: Corpus, sha256: Callable[[Path], str]) -> tuple[Any, ...]:
    """What a run depends on beside its texts."""
    found: tuple[Any, ...] = (sha256(corpus.heldout), corpus.heldout_similarity, corpus.heldout_overlap, corpus.max_length)
    if corpus.exams:
        found += tuple(sha256(path) for path in sorted(Path(corpus.exams).rglob("*.jsonl")))
    return (*found, sha256(Path(corpus.general)), corpus.replay) if corpus.general else found


def write_forgetting(curves: Path, before: float | None, after: float | None, steps: int) -> None:
    """Writes replay.csv: the loss on general rows that are held back, before the first step and after the last."""
    points = [(step, loss) for step, loss in ((0, before), (steps, after)) if loss is not None]
    write_csv(curves / "replay.csv", ("step", "loss"), points)
