"""Which documents, or which sections of them, nothing is trained on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, groupby, islice
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.executors import Mapped, local
from mbegu.rows.row import Row
from mbegu.rows.shelf import Shelf
from mbegu.sources.documents.cutting import Cutter, chunk
from mbegu.sources.documents.documents import matches
from mbegu.text.words import fold

FEW = 2  # documents: of so many, one that is held out is too much
SHOWN = 12  # headings of a document in a message

_Document = dict[str, Any]
Documents = Sequence[_Document] | Shelf[_Document]  # of the ingest stage


class Section(NamedTuple):
    """What stands under one heading, up to the next heading of any level; positions in the document's text."""

    heading: str  # "" before the first one
    start: int
    end: int


Held = dict[str, set[Section]]  # by the document's id: what is held out of it


def sections(document: _Document) -> list[Section]:
    """All of a document; pages that go on under one heading are one section."""
    places = [next(same) for _, same in groupby(document["anchors"], lambda anchor: anchor["anchor"])]
    ends = [*(place["start"] for place in places[1:]), len(document["text"])]
    return [Section(place["anchor"], place["start"], end) for place, end in zip(places, ends, strict=True)]


def held_out(documents: Documents, names: Sequence[str]) -> Held:
    """What `names` hold out: globs of documents' paths, and `GLOB#HEADING` for a section.

    Raises:
        BadInput: a name that fits none.
    """
    whole: dict[str, Held] = {name: {} for name in names}
    part: dict[str, Held] = {name: {} for name in names}
    for one in documents:
        for name in whole:
            if matches(one["path"], [name]):
                whole[name].setdefault(one["id"], set()).update(sections(one))
            elif found := _named(one, name):
                part[name].setdefault(one["id"], set()).update(found)
    held: Held = {}
    for name in names:
        fitting = whole[name] or part[name]
        if not fitting:
            raise BadInput(f"chunk.heldout: {_misfit(documents, name)}")
        for id_, found in fitting.items():
            held[id_] = held.get(id_, set()) | found
    return held


def splits(name: str) -> list[tuple[str, str]]:
    """Glob and heading; either may have a # of its own."""
    return [(name[:place], name[place + 1 :]) for place, sign in enumerate(name) if sign == "#"]


def _named(document: _Document, name: str) -> set[Section]:
    wanted = {_plain(heading) for glob, heading in splits(name) if matches(document["path"], [glob])} - {""}
    return {section for section in sections(document) if _plain(section.heading) in wanted} if wanted else set()


def under(document: _Document, heading: str) -> set[Section]:
    """What stands under a heading, in whatever case and spaces it is written; more than one section where it stands twice."""
    return {section for section in sections(document) if _plain(section.heading) == _plain(heading)}


def _plain(heading: str) -> str:
    return fold(heading).casefold()


def _misfit(documents: Documents, name: str) -> str:
    globs = [glob for glob, _ in splits(name)]
    near = [*islice((document for document in documents if matches(document["path"], globs)), 3)]
    if near:
        return f"{name!r} fits no heading; {outline(near)}."
    paths = ", ".join(document["path"] for document in islice(documents, 3))
    return f"{name!r} matches no document; there are {len(documents)}, such as {paths!r}."


def outline(documents: Iterable[_Document]) -> str:
    """The headings of documents, for a message."""
    listed = []
    for document in documents:
        found = list(dict.fromkeys(section.heading for section in sections(document) if section.heading))
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        listed.append(f"{document['path']} has {', '.join(map(repr, found[:SHOWN])) or 'no heading'}{more}")
    return "; ".join(listed)


def too_few(documents: Documents, held: Held) -> str | None:
    """What to say where there are too few documents to hold whole ones out, and no section is held out."""
    if len(documents) > FEW or extent(documents, held)[1]:
        return None
    lost = sum(len(document["text"]) for document in documents if document["id"] in held)
    share = lost / sum(len(document["text"]) for document in documents)
    return (
        f"{len(held)} of {len(documents)} documents held out, {share:.0%} of the text: too few to hold whole ones "
        f"out. Name sections under chunk.heldout, such as {example(documents)!r}: {outline(documents)}."
    )


def extent(documents: Iterable[_Document], held: Held) -> tuple[int, int]:
    """How many documents are held out, and how many sections of others."""
    left = [len(held[one["id"]]) for one in documents if one["id"] in held and len(held[one["id"]]) < len(sections(one))]
    return len(held) - len(left), sum(left)


def example(documents: Iterable[_Document]) -> str:
    """How a section of one of the documents is named."""
    last = "rules.md#Fees"
    for one in documents:
        for section in sections(one)[1:]:
            last = f"{one['path']}#{section.heading}" if section.heading else last
    return last


def parts(document: _Document, held: Held) -> Iterator[tuple[int, int, bool]]:
    """Start, end and side (True for held out) of stretches of a document's text, as long as they stay on one side."""
    out = held.get(document["id"], set())
    for side, found in groupby(sections(document), lambda section: section in out):
        together = list(found)
        yield together[0].start, together[-1].end, side


def chunk_all(documents: Iterable[_Document], held: Held, cut: Cutter, mapped: Mapped = local) -> Iterator[Row]:
    """The chunks (`chunk_apart`) of all documents, of which a few are held at a time."""
    return chain.from_iterable(mapped(partial(chunk_apart, held=held, cut=cut), documents))


def chunk_apart(document: _Document, held: Held, cut: Cutter) -> list[Row]:
    """Chunks (`cutting.chunk`) of which none has text of both sides."""
    found = []
    for first, end, _ in parts(document, held):
        anchors = [
            {**anchor, "start": anchor["start"] - first} for anchor in document["anchors"] if first <= anchor["start"] < end
        ]
        rows = chunk({**document, "text": document["text"][first:end], "anchors": anchors}, cut)
        found += [{**row, "start": row["start"] + first, "end": row["end"] + first} for row in rows]
    return found


def holds(held: Held) -> Callable[[Row], bool]:
    """A function that tells whether a chunk is held out."""
    return lambda row: any(one.start <= row["start"] < one.end for one in held.get(row["document"], ()))


def check_split(rows: Sequence[Row], documents: Iterable[_Document], held: Held) -> None:
    """Checks that the passage of each held-out row stands in what is held out, and nowhere else.

    Where nothing is held out, passages may be those of another source of the project's rows.

    Args:
        rows: of `heldout.read_heldout`; one without an `input` has no passage.

    Raises:
        BadInput: it does not.
    """
    passages = dict.fromkeys(passage for row in rows if (passage := fold(row["input"])))
    if not passages:
        return
    found = _places(passages, documents, held)
    for row in rows:
        passage = fold(row["input"])
        if problem := passage and _problem(passage, found, documents):
            raise BadInput(f"{row['origin']['source']}: its passage {problem}")


class _Places(NamedTuple):
    """Where passages stand."""

    trained: dict[str, str]  # the path of the first document that is trained on, by passage
    held: set[str]  # the passages that stand in what is held out
    any_held: bool  # whether anything is


def _places(passages: Iterable[str], documents: Iterable[_Document], held: Held) -> _Places:
    trained: dict[str, str] = {}
    out: set[str] = set()
    any_held = False
    for one in documents:
        for start, end, side in parts(one, held):
            any_held |= side
            text = fold(one["text"][start:end])
            for passage in passages:
                if passage not in text:
                    continue
                if side:
                    out.add(passage)
                else:
                    trained.setdefault(passage, one["path"])
    return _Places(trained, out, any_held)


def _problem(passage: str, places: _Places, documents: Iterable[_Document]) -> str | None:
    if path := places.trained.get(passage):
        return f"stands in {path!r}, which is trained on; add the document to chunk.heldout, or take the row out."
    if passage in places.held or not places.any_held:
        return None
    over = next((one["path"] for one in documents if passage in fold(one["text"])), None)
    if over is not None:
        return f"runs beyond what is held out of {over!r}; keep to the section."
    return "stands in no document; copy it from one that chunk.heldout matches."
