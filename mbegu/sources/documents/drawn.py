"""How much a page of a PDF unpacks to, before anything draws it: drawings may hold drawings, each many times."""

from typing import Any

import regex

from mbegu.extras import needs
from mbegu.sources.documents.documents import Unreadable

with needs("documents"):
    from pypdf.generic import DictionaryObject, StreamObject

MOST_DRAWN = 20_000_000  # bytes of a PDF's unpacked page descriptions, of which pypdf reads about a million a second
DENSEST = 100  # bytes unpacked for one of the file; pages have about 8
SMALL = 1_000_000  # bytes that any file may unpack to
MOST_NESTED = 10_000  # graphics states, of which PDFium holds each in about 200 bytes
USED = regex.compile(rb"/([^\s/<>\[\]()]+)\s+Do\b")
SAVED, RESTORED = regex.compile(rb"(?<!\S)q(?=\s)"), regex.compile(rb"(?<!\S)Q(?=\s)")


def size(page: Any, known: dict[int, int]) -> int:
    """Bytes that describe a page, with all that it draws.

    Args:
        known: the sizes of the drawings met so far, by their object numbers.

    Raises:
        Unreadable: more graphics states are saved than a page can need.
    """
    contents = page.get_contents()
    data = contents.get_data() if contents is not None else b""
    if len(SAVED.findall(data)) - len(RESTORED.findall(data)) > MOST_NESTED:
        raise Unreadable(f"a page that saves its state more than {MOST_NESTED:,} times")
    return _size(data, page.get("/Resources"), known)


def refuse(drawn: int, length: int) -> None:
    """Refuses a file of a length whose pages unpack to so much.

    Raises:
        Unreadable: that is too much, for any file or for this one.
    """
    if drawn > MOST_DRAWN:
        raise Unreadable(f"pages that unpack to more than {MOST_DRAWN:,} bytes")
    if drawn > max(SMALL, DENSEST * length):
        raise Unreadable(f"pages that unpack to {drawn:,} bytes, {drawn // length} times the file")


def _size(data: bytes, resources: Any, known: dict[int, int]) -> int:
    drawings = _dictionary(_dictionary(resources).get("/XObject"))
    used = USED.findall(data)
    total = len(data)
    for name in set(used):
        total += used.count(name) * _drawing(drawings.get(f"/{name.decode('latin-1')}"), known)
    return total


def _drawing(reference: Any, known: dict[int, int]) -> int:
    number = getattr(reference, "idnum", id(reference))
    if number not in known:
        known[number] = 0  # one that holds itself is not drawn again
        drawing = reference.get_object() if reference is not None else None
        if isinstance(drawing, StreamObject) and drawing.get("/Subtype") == "/Form":
            known[number] = _size(drawing.get_data(), drawing.get("/Resources"), known)
    return known[number]


def _dictionary(reference: Any) -> Any:
    found = reference.get_object() if reference is not None else None
    return found if isinstance(found, DictionaryObject) else {}
