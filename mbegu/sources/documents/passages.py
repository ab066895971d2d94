"""Chunks as an index of passages holds them, and which of them answer a closed-book question."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mbegu.retrieval.index import CHUNK, Document
from mbegu.retrieval.passages import HELD_OUT, TRAINED
from mbegu.retrieval.recall import rank, recall
from mbegu.retrieval.search import Searchable
from mbegu.rows.row import Row
from mbegu.sources.documents import sourced
from mbegu.sources.documents.holding import sections

_Document = dict[str, Any]


def as_documents(documents: Iterable[_Document], trained: Sequence[Row], heldout: Sequence[Row]) -> Iterator[Document]:
    """The chunks of documents, each found by the title, the headings and the words of its text.

    Args:
        documents: of the ingest stage.
        trained: chunks of the chunk stage; `heldout`, those that nothing is trained on.
    """
    known = {document["id"]: document for document in documents}
    for channel, chunks in ((TRAINED, trained), (HELD_OUT, heldout)):
        for chunk in chunks:
            yield _as_document(chunk, _headings(chunk, known[chunk["document"]]), channel)


def _headings(chunk: Row, document: _Document) -> list[str]:
    """Under which headings a chunk stands, in their order; "" where it begins before the first."""
    return [one.heading for one in sections(document) if one.start < chunk["end"] and chunk["start"] < one.end]


def _as_document(chunk: Row, headings: list[str], channel: str) -> Document:
    fields = {key: chunk[key] for key in ("document", "path", "page", "start", "end", "text")}
    searched = "\n".join(dict.fromkeys([chunk["title"], *filter(None, headings), chunk["text"]]))
    return Document(chunk["id"], CHUNK, channel, searched, {**fields, "headings": headings})


def answering(source: str, documents: Sequence[_Document], chunks: Iterable[Document]) -> set[str]:
    """Ids of the chunks that have text of the section that a source names; nothing for no such section."""
    found = sourced.find(source, documents)
    if found is None:
        return set()
    document, places = found
    own = [one for one in chunks if one.fields["document"] == document["id"]]
    return {one.id for one in own for at in places if at.start < one.fields["end"] and one.fields["start"] < at.end}


def recalled(questions: Iterable[Row], documents: Sequence[_Document], index: Searchable) -> dict[str, float]:
    """`recall.recall` of the questions that name a source: how early the first chunk of its section is found."""
    asked = [(row["instruction"], answering(row["source"], documents, index.documents)) for row in questions if row["source"]]
    return recall([rank(index, question, wanted, CHUNK) for question, wanted in asked])
