"""Chunks that are trained on, put together again to what they are of: their document, in parts that a teacher can read."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from mbegu.sources.documents.questions import source

Chunk = dict[str, Any]
APART = "\n\n"  # between chunks that do not follow each other: what stands between them is held out, or left out
HEADING = 0.5  # of a chunk's text: more than that is no heading


class Part(NamedTuple):
    """A stretch of one document."""

    chunks: Sequence[Chunk]
    text: str

    @property
    def source(self) -> str:
        """Where it stands, for people."""
        return source(self.chunks[0])


def title(chunk: Chunk) -> str:
    """What people call its document: the first heading, or the file's name."""
    return str(chunk["title"] or PurePosixPath(chunk["path"]).stem)


def context(chunk: Chunk) -> str:
    """What a statement about a chunk may name beside what stands there: its document and heading."""
    return f"{title(chunk)} {PurePosixPath(chunk['path']).stem} {chunk['anchor']}"


def parts(chunks: Sequence[Chunk], texts: dict[str, str], size: int) -> list[Part]:
    """Each document's chunks in stretches of at most `size` characters, one chunk at least.

    Args:
        chunks: in the order of their documents.
        texts: of documents by id, for what stands between chunks.
    """
    found = []
    for document, group in groupby(chunks, lambda chunk: chunk["document"]):
        for stretch in _stretches(list(group), size):
            found.append(Part(stretch, _joined(stretch, texts.get(document, ""))))
    return found


def _stretches(chunks: list[Chunk], size: int) -> Iterator[list[Chunk]]:
    stretch: list[Chunk] = []
    for chunk in chunks:
        if stretch and chunk["end"] - stretch[0]["start"] > size:
            yield stretch
            stretch = []
        stretch.append(chunk)
    if stretch:
        yield stretch


def _joined(chunks: Sequence[Chunk], whole: str) -> str:
    """Their text as it stands in the document; where chunks overlap, once."""
    text, end = chunks[0]["text"], chunks[0]["end"]
    for chunk in chunks[1:]:
        between = whole[end : chunk["start"]]
        glue = between if between and not between.strip() else APART
        text += (glue if chunk["start"] >= end else "") + chunk["text"][max(0, end - chunk["start"]) :]
        end = max(end, chunk["end"])
    return str(text)


def body(chunk: Chunk) -> str:
    """A chunk's text without the heading that it begins with."""
    first, _, rest = chunk["text"].partition("\n")
    heading = first.lstrip("# ").strip()
    is_heading = heading and heading in chunk["anchor"] and len(first) <= HEADING * len(chunk["text"])
    return rest.strip() if is_heading and rest.strip() else str(chunk["text"])
