"""Passages found for a question, as they are put into its input: the same for rows to train on, for exams and for people."""

from collections.abc import Sequence
from typing import NamedTuple

from mbegu.retrieval.index import CHUNK, Document
from mbegu.retrieval.search import Hit, Searchable, search
from mbegu.text.context import join

TRAINED, HELD_OUT = "trained", "held out"  # the channels of chunks: which side their text is on
ALONE = "No passage has a word of the question; it is asked without one."


class Found(NamedTuple):
    """What was found for a question."""

    input: str  # the passages, as a block that stands in a row's input; "" if there are none
    hits: list[Hit]  # the best first


def retrieve(index: Searchable, question: str, k: int) -> Found:
    """The `k` chunks that a question finds, of either side; fewer where fewer have a word of it."""
    hits = search(index, question, k, CHUNK)
    return Found(block([hit.document for hit in hits]), hits)


def block(chunks: Sequence[Document]) -> str:
    """Chunks as an input holds them; "" for none."""
    return join("", [one.fields["text"] for one in chunks]).strip()


def place(chunk: Document) -> str:
    """Document, headings, and where in the document's text it stands: "rules.md#Fees (characters 120 to 480, page 2)"."""
    fields = chunk.fields
    headings = " / ".join(filter(None, fields["headings"]))
    page = f", page {fields['page']}" if fields["page"] is not None else ""
    return f"{fields['path']}{'#' if headings else ''}{headings} (characters {fields['start']} to {fields['end']}{page})"


def sources(hits: Sequence[Hit]) -> list[str]:
    """What was found, a line each, the best first."""
    return ["Sources:", *(f"  {place(hit.document)}" for hit in hits)] if hits else [ALONE]
