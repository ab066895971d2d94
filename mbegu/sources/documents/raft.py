"""Rows to learn from what retrieval finds: the passage of a question among others, or others alone and the answer "I don't know".

Zhang et al. 2024, "RAFT: Adapting Language Model to Domain Specific RAG" (arXiv 2403.10131), §3: distractors teach to find the
passage that answers, rows without it not to answer from what does not. Here the others are those that the question finds, which
are what retrieval will show; every draw is by a hash of the row's content. With `retrieval.quote` an answer ends with the words
that support it, as theirs quote them.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from mbegu.metrics.facts import count
from mbegu.metrics.faithfulness import k_precision
from mbegu.retrieval.index import CHUNK, Document
from mbegu.retrieval.passages import TRAINED, block
from mbegu.retrieval.search import Searchable, ranked
from mbegu.rows.ledger import Entry, Sieved, entry
from mbegu.rows.lineage import side
from mbegu.rows.row import Row, row_id
from mbegu.sources.documents.settings import Retrieval
from mbegu.text import draws, reasons
from mbegu.text.context import lines
from mbegu.text.quotes import locate
from mbegu.text.settings import Locale

STAGE = "raft"
HOLDS = 0.7  # share of an answer's words in a passage, from which on it may answer too
ABOUT = 0.5  # share of a question's words in a passage that has the answer's facts, from which on it may answer


class _Made(NamedTuple):
    """What rows are made of."""

    searched: Searchable
    chunks: dict[str, Document]  # trained ones, by id
    how: Retrieval
    locale: Locale
    validation: float


def raft(rows: list[Row], index: Searchable, how: Retrieval, locale: Locale, validation: float) -> Sieved[list[Row]]:
    """Each row that a trained chunk answers, with passages as its input.

    `origin.context` names the chunks in the order in which they stand there, `origin.chunk` the one that answers and
    `origin.question_of` the row; the documents of all are its parents. A row has `how.distractors` others and the right passage,
    or for a share of `how.share_without` one more of the others in place of it, and then the answer is `locale.unknown`. All
    others lie on the row's side of the validation split, and none of them holds the answer.

    Args:
        rows: of one version's documents, with their passage as input.
        validation: as `train.validation`.
    """
    chunks = {one.id: one for one in index.documents if one.kind == CHUNK and one.channel == TRAINED}
    made_of = _Made(index, chunks, how, locale, validation)
    answered = [row for row in rows if _why_not(row, made_of) is None]
    drawn = sorted(answered, key=lambda row: draws.rank(f"raft {row['id']}"))[: how.most_rows or len(rows)]
    chosen = {row["id"] for row in drawn}
    kept: list[Row] = []
    ledger: list[Entry] = []
    for row in rows:
        reason = _why_not(row, made_of) or (None if row["id"] in chosen else reasons.BEYOND_ROWS)
        new = None if reason else _row(row, made_of)
        if new is None:
            ledger.append(entry(row, STAGE, "dropped", reason or reasons.NO_OTHER))
        else:
            kept.append(new)
    return Sieved(kept, ledger)


def _why_not(row: Row, made_of: _Made) -> str | None:
    """Why a row can't be told from what it is made of: another passage might answer what its own does not."""
    if row["output"] == made_of.locale.unknown:
        return reasons.NOT_IN_PASSAGE
    return None if row["origin"].get("chunk") in made_of.chunks else reasons.NO_CHUNK


def _row(row: Row, made_of: _Made) -> Row | None:
    """None if there is no other passage."""
    right, how = made_of.chunks[row["origin"]["chunk"]], made_of.how
    without = draws.share(f"without {row['id']}") < how.share_without
    others = list(islice(_others(row, right, made_of), how.distractors + without))
    if without and not others:
        return None
    shown = sorted([*others, *([] if without else [right])], key=lambda one: draws.rank(f"{row['id']} {one.id}"))
    input_ = block(shown)
    lineage = {
        "parents": sorted({right.fields["document"], *(one.fields["document"] for one in others), *row["origin"]["parents"]}),
        "context": [one.id for one in shown],
        "question_of": row["id"],
        "span": None if without else _span(row, input_),
    }
    id_, output = (
        row_id(row["instruction"], input_),
        made_of.locale.unknown if without else _answer(row, lineage["span"], input_, how),
    )
    origin = {**row["origin"], **lineage}
    return {"id": id_, "instruction": row["instruction"], "input": input_, "output": output, "origin": origin}


def _answer(row: Row, span: list[int] | None, input_: str, how: Retrieval) -> str:
    """A row's answer, with its quote if that is wanted and stands in the input."""
    return f"{row['output']} “{input_[slice(*span)]}”" if how.quote and span else str(row["output"])


def _span(row: Row, input_: str) -> list[int] | None:
    """Where in an input the words stand that support the answer."""
    span = row["origin"].get("span")
    start = input_.find(lines(row["input"][slice(*span)])) if span else -1
    return None if start < 0 else [start, start + len(lines(row["input"][slice(*span)]))]


def _others(row: Row, right: Document, made_of: _Made) -> Iterator[Document]:
    """Chunks that don't answer a row: those that its question finds, the best first, then any, by a hash."""
    found = [hit.document for hit in ranked(made_of.searched, row["instruction"], CHUNK, TRAINED)]
    ids = {one.id for one in found}
    rest = sorted(
        (one for one in made_of.chunks.values() if one.id not in ids), key=lambda one: draws.rank(f"{row['id']} {one.id}")
    )
    return (one for one in (*found, *rest) if one.id != right.id and _differs(row, one, made_of))


def _differs(row: Row, other: Document, made_of: _Made) -> bool:
    text, span = other.fields["text"], row["origin"].get("span")
    if side([*row["origin"]["parents"], other.fields["document"]], made_of.validation) == "neither":
        return False
    if span and locate(row["input"][slice(*span)], text) is not None:
        return False
    return k_precision(row["output"], text) < HOLDS and not _says(row, text, made_of.locale)


def _says(row: Row, text: str, locale: Locale) -> bool:
    """Whether a passage that is about the question has every amount, date and name of the answer, in whatever words."""
    if k_precision(row["instruction"], text) < ABOUT:
        return False
    found = count(text, row["output"], "", locale)
    return found.matched == found.expected > 0
