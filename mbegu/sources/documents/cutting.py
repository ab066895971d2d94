"""Documents cut into chunks that end where sentences end."""

import bisect
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import regex

from mbegu.errors import BadInput
from mbegu.rows.row import Row
from mbegu.sources.documents.chunks import KEYS

WINDOW = 8_000  # characters that are split into sentences at a time; the splitter's time grows with their square
ENOUGH = 0.5  # of the size, from which on a chunk ends before a heading
LETTER = regex.compile(r"\p{L}")
ETHIOPIC_END = regex.compile(r"(?<=\p{Ethiopic}\s*::)\s*")  # typed for ።
LEADS = regex.compile(r"[:፡፦]$")


class Cutter(NamedTuple):
    """How documents are cut."""

    size: int  # most units of a chunk
    step: int  # units from a chunk's start to that of the next, if that is less than the size
    measure: Callable[[str], int]  # units of a text
    sentences: Any  # a TextSplitter that cuts a line into sentences
    pieces: Any  # a TextSplitter that cuts a sentence into pieces of the size
    made_of: tuple[Any, ...] = ()  # what `cutter` was given

    def __reduce__(self) -> tuple[Any, ...]:
        return cutter, self.made_of  # a splitter can't be pickled


class Sentence(NamedTuple):
    """A sentence, or a piece of one that is longer than a chunk; positions in the document's text."""

    start: int
    end: int
    opens: bool = False  # a heading
    leads: bool = False  # is nothing without what follows: a heading, or "There are three kinds:"


class Draft(NamedTuple):
    """A document on its way to chunks."""

    text: str
    sentences: Sequence[Sentence]
    cut: Cutter

    def units(self, first: int, stop: int) -> int:
        """Units of the text from one sentence up to another."""
        return self.cut.measure(self.text[self.sentences[first].start : self.sentences[stop - 1].end])


def cutter(unit: str, size: int, step: int, tokenizer: Any = None) -> Cutter:
    """A cutter for chunks of "characters", or of "tokens" of a transformers tokenizer.

    Raises:
        BadInput: a step larger than the size, which would leave text out.
    """
    from semantic_text_splitter import TextSplitter

    if step > size:
        raise BadInput(f"chunk.step {step} is above chunk.size {size}, which would leave text out; lower it.")
    lines = TextSplitter((1, 10**9))  # as soon as there is one unit: each part of the highest level, sentences in a line
    if unit == "characters":
        return Cutter(size, step, len, lines, TextSplitter(size), (unit, size, step))
    backend = tokenizer.backend_tokenizer

    def tokens(text: str) -> int:
        return len(backend.encode(text, add_special_tokens=False).ids)

    pieces = TextSplitter.from_huggingface_tokenizer(backend, size)
    return Cutter(size, step, tokens, lines, pieces, (unit, size, step, tokenizer))


def chunk(document: dict[str, Any], cut: Cutter) -> list[Row]:
    """Chunks of a document: `id` (a hash of its document and text), `document`, `path`, `title`, `anchor`, `page`,
    `start`, `end` (positions in the document's text) and `text`.

    As many whole sentences as fit, as Unicode Standard Annex #29 has them; a sentence is cut only if it alone is too
    long. A chunk that is at least half full ends before a heading, and no chunk ends with one.
    """
    text, anchors = document["text"], document["anchors"]
    starts = [anchor["start"] for anchor in anchors]
    found = []
    for start, end in _pack(Draft(text, _sentences(text, _headings(anchors), cut), cut)):
        id_ = hashlib.sha256(f"{document['id']}\x1f{text[start:end]}".encode()).hexdigest()[:16]
        anchor = anchors[max(bisect.bisect_right(starts, start) - 1, 0)]
        page = None if anchor["page"] is None else f"page {anchor['page']}"
        values = (id_, document["id"], document["path"], document["title"], ", ".join(filter(None, (page, anchor["anchor"]))))
        found.append(dict(zip(KEYS, (*values, anchor["page"], start, end, text[start:end]), strict=True)))
    return found


def _headings(anchors: Sequence[dict[str, Any]]) -> set[int]:
    """Where headings stand; a page that goes on under the heading of the page before has none."""
    pairs = zip([{"anchor": "", "page": None}, *anchors], anchors, strict=False)
    return {new["start"] for old, new in pairs if new["anchor"] and (new["page"] is None or new["anchor"] != old["anchor"])}


def _sentences(text: str, headings: set[int], cut: Cutter) -> list[Sentence]:
    found: list[Sentence] = []
    start = 0
    for line in text.split("\n"):
        spans = [(start, start + len(line))] if start in headings else _spans(line, start, cut.sentences)
        for first, last in spans:
            if not text[first:last].strip():
                continue
            if cut.measure(text[first:last]) > cut.size:
                pieces = cut.pieces.chunk_indices(text[first:last])
                found += [Sentence(first + place, first + place + len(piece)) for place, piece in pieces]
            else:
                found.append(Sentence(first, last, start in headings, start in headings))
        if spans and found and LEADS.search(line):
            found[-1] = found[-1]._replace(leads=True)
        start += len(line) + 1
    return found


def _spans(line: str, offset: int, sentences: Any) -> list[tuple[int, int]]:
    """Sentences of a line; what holds no letter, such as "3.", belongs to the one after it."""
    found: list[tuple[int, int]] = []
    for start, sentence in _windows(line, sentences):
        ends = [*(end.end() for end in ETHIOPIC_END.finditer(sentence) if 0 < end.end() < len(sentence)), len(sentence)]
        for first, last in zip([0, *ends[:-1]], ends, strict=True):
            span = (offset + start + first, offset + start + len(sentence[:last].rstrip()))
            if found and not LETTER.search(line, found[-1][0] - offset, found[-1][1] - offset):
                span = (found.pop()[0], span[1])
            found.append(span)
    return found


def _windows(line: str, sentences: Any) -> Iterator[tuple[int, str]]:
    """Position and text of each sentence."""
    start, width = 0, WINDOW
    while start < len(line):
        found = sentences.chunk_indices(line[start : start + width])
        whole = start + width >= len(line)
        if not whole and len(found) < 2:
            width *= 2
            continue
        done = found if whole else found[:-1]  # the last one may go on
        yield from ((start + place, sentence) for place, sentence in done)
        start, width = (len(line) if whole else start + found[-1][0]), WINDOW


def _pack(draft: Draft) -> Iterator[tuple[int, int]]:
    """Start and end of each chunk."""
    sentences = draft.sentences
    first = new = 0  # the first sentence of the chunk, and the first that no chunk holds yet
    while new < len(sentences):
        stop = _stop(draft, first)
        if stop <= new:  # what overlaps leaves no room
            first = new
            continue
        yield sentences[first].start, sentences[stop - 1].end
        first, new = _next(draft, first, stop), stop


def _stop(draft: Draft, first: int) -> int:
    """The sentence before which the chunk ends that begins with the first one."""
    sentences, full = draft.sentences, _full(draft, first)
    stop = full
    while first < stop < len(sentences) and sentences[stop - 1].leads:
        stop -= 1
    if stop > first:
        return stop
    room = (begin for begin in range(first + 1, full) if draft.units(begin, full + 1) <= draft.cut.size)
    return next(room, full)  # only headings: as few as leave the others together with what follows


def _full(draft: Draft, first: int) -> int:
    """The sentence that has no room in the chunk, or opens a new one when that is full enough."""
    sentences, size = draft.sentences, draft.cut.size
    stop = first + 1
    while stop < len(sentences) and draft.units(first, stop + 1) <= size:
        if sentences[stop].opens and draft.units(first, stop) >= ENOUGH * size:
            break
        stop += 1
    return stop


def _next(draft: Draft, first: int, stop: int) -> int:
    """The sentence with which the next chunk begins: as many of this one again as the size is above the step."""
    sentences, again = draft.sentences, draft.cut.size - draft.cut.step
    begin = stop
    if stop == len(sentences) or sentences[stop].opens:
        return stop
    while begin - 1 > first and draft.units(begin - 1, stop) <= again:
        begin -= 1
    return begin
