"""What PDFium sees on a page of a PDF: its text in the order in which it is drawn, and what of it is no text."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

import regex

from mbegu.extras import needs

with needs("documents"):
    from pypdfium2 import PdfDocument, PdfiumError, raw

HYPHEN = regex.compile(r"[\x02\ufffe]")  # for which PDFium leaves out the end of the line
READABLE = regex.compile(r"[\p{L}\p{N}]")
FEW = 50  # letters and digits: a scanned page may have a stamp or a number
MOSTLY = 0.5  # of a page's area
MOST_MUTE = 0.02  # of the characters of a page may be in a font that names none, such as bullets
DEEPEST = 5  # drawings within drawings


class Seen(NamedTuple):
    """A page."""

    text: str  # without the characters that are in a font which names none
    unread: bool  # whether that is most of what the page shows
    lost: str  # what could not be read, for the ledger, or ""


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    """A file as PDFium has it, or None if that can't open it."""
    try:
        document = PdfDocument(content, password="")
    except PdfiumError:
        yield None
    else:
        with closing(document):
            yield document


def look(document: Any, place: int) -> Seen:
    """The text of a page, from 0, and whether it has more than that."""
    with closing(document[place]) as page, closing(page.get_textpage()) as text:
        whole, count = text.get_text_range(), text.count_chars()
        mute = sum(raw.FPDFText_HasUnicodeMapError(text, char) == 1 for char in range(count))
        if mute:
            whole = "".join(_spoken(text, count))
        whole = HYPHEN.sub("-\n", whole.replace("\r\n", "\n"))
        lost = _lost(page, place + 1, whole, mute, count)
        return Seen(whole, mute > MOST_MUTE * count if mute else bool(lost), lost)


def _spoken(text: Any, count: int) -> Iterator[str]:
    for char in range(count):
        if raw.FPDFText_HasUnicodeMapError(text, char) != 1:
            yield chr(raw.FPDFText_GetUnicode(text, char))


def _lost(page: Any, number: int, text: str, mute: int, count: int) -> str:
    if mute:
        return f"page {number}: {mute} of {count} characters in a font that does not say which they are"
    readable = len(READABLE.findall(text))
    if readable >= FEW:
        return ""
    kinds = {found.type for found in page.get_objects(max_depth=DEEPEST)}
    if raw.FPDF_PAGEOBJ_IMAGE in kinds and not readable:
        return f"page {number}: only an image"
    if raw.FPDF_PAGEOBJ_IMAGE in kinds and _covered(page) > MOSTLY:
        return f"page {number}: an image with {readable} letters beside it"
    return f"page {number}: only drawings" if kinds and not readable else ""


def _covered(page: Any) -> float:
    """The share of a page that its largest image has."""
    width, height = page.get_size()
    bounds = [found.get_bounds() for found in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], max_depth=DEEPEST)]
    sizes = [max(0, right - left) * max(0, top - bottom) for left, bottom, right, top in bounds]
    return max(sizes, default=0) / max(1, width * height)
