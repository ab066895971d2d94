"""Documents cut into chunks that end where sentences end, and the chunks that are kept, held out or left out."""

import bisect
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import regex

from mbegu.errors import BadInput
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import Row
from mbegu.sources.documents.documents import matches
from mbegu.text import reasons
from mbegu.text.words import fold

STAGE = "chunk"
KEYS = ("id", "document", "path", "title", "anchor", "page", "start", "end", "text")
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
        return Cutter(size, step, len, lines, TextSplitter(size))
    backend = tokenizer.backend_tokenizer

    def tokens(text: str) -> int:
        return len(backend.encode(text, add_special_tokens=False).ids)

    return Cutter(size, step, tokens, lines, TextSplitter.from_huggingface_tokenizer(backend, size))


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


def sort_out(chunks: Sequence[Row], heldout: set[str], min_size: int) -> Sieved:
    """Drops chunks that are too short or stand there already.

    Of two with the same text the held-out one stays, else the first.

    Args:
        heldout: ids of documents.
        min_size: characters.
    """
    kept, ledger = [], []
    seen: dict[str, Row] = {}
    for one in sorted(chunks, key=lambda chunk: chunk["document"] not in heldout):
        same = seen.setdefault(fold(one["text"]), one)
        if len(one["text"]) < min_size:
            ledger.append(entry(one, STAGE, "dropped", f"{reasons.SHORTER} {min_size} characters", len(one["text"])))
        elif same is not one:
            ledger.append(entry(one, STAGE, "dropped", f"{reasons.SAME_TEXT} {same['path']}", 1.0, same["id"]))
        else:
            kept.append(one)
    return Sieved(kept, ledger)


def split(chunks: Sequence[Row], heldout: set[str]) -> tuple[list[Row], list[Row]]:
    """Chunks to train on, and those of held-out documents."""
    sides: tuple[list[Row], list[Row]] = ([], [])
    for one in chunks:
        sides[one["document"] in heldout].append(one)
    return sides


def held_out(documents: Sequence[dict[str, Any]], globs: Sequence[str]) -> set[str]:
    """Ids of the documents whose path a glob fits.

    Raises:
        BadInput: a glob that fits none.
    """
    for glob in globs:
        if not any(matches(document["path"], [glob]) for document in documents):
            paths = ", ".join(document["path"] for document in documents[:3])
            raise BadInput(f"chunk.heldout: {glob!r} matches no document; there are {len(documents)}, such as {paths!r}.")
    return {document["id"] for document in documents if matches(document["path"], globs)}


def check_split(rows: Sequence[Row], documents: Sequence[dict[str, Any]], heldout: set[str]) -> None:
    """Checks that the passage of each held-out row stands in a document that is held out, and in no other.

    Where no document is held out, passages may be those of another source of the project's rows.

    Args:
        rows: of `heldout.read_heldout`; one without an `input` has no passage.
        heldout: ids of documents.

    Raises:
        BadInput: it does not.
    """
    folded = [(document, fold(document["text"])) for document in documents]
    for row in rows:
        where = [document for document, text in folded if fold(row["input"]) in text] if row["input"] else []
        trained = [document["path"] for document in where if document["id"] not in heldout]
        if trained:
            raise BadInput(
                f"{row['origin']['source']}: its passage stands in {trained[0]!r}, which is trained on; "
                "add the document to chunk.heldout, or take the row out."
            )
        if row["input"] and heldout and not where:
            raise BadInput(
                f"{row['origin']['source']}: its passage stands in no document; copy it from one that chunk.heldout matches."
            )
