"""PDF files as text, page by page: as pypdf lays it out, or, where that comes out worse, as PDFium reads it."""

from io import BytesIO
from typing import Any

import regex

from mbegu.extras import needs
from mbegu.sources.documents.direction import RIGHT, logical
from mbegu.sources.documents.documents import Part, Unreadable
from mbegu.sources.documents.drawn import refuse, size
from mbegu.sources.documents.lines import CELLS, parts
from mbegu.sources.documents.ocr import Ocr, read
from mbegu.sources.documents.pdfium import Seen, look, opened

with needs("documents"):
    from pypdf import PdfReader
    from pypdf.generic import BooleanObject, DictionaryObject, NameObject, NullObject, StreamObject

MOST_LAID_OUT = 1_000_000  # bytes of a page's description, above which its layout would need many seconds
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
COLUMN = 25  # characters, above which what stands side by side is text in two columns rather than a table
GLYPH = regex.compile(rb"<((?:[0-9A-Fa-f]{4}){2,})>")  # several characters that one glyph stands for


def read_pdf(content: bytes, ocr: Ocr | None = None) -> list[Part]:
    """Parts of a PDF, one a page or heading, and one without text for each page of which something could not be read.

    Args:
        ocr: what reads pages that hold no text, or little.

    Raises:
        Unreadable: encrypted, or pages that unpack to too much.
    """
    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("encrypted; save it without a password")
    pages, lost = [], []
    drawn, known = 0, {}  # type: tuple[int, dict[int, int]]
    with opened(content) as drawing:
        for number, page in enumerate(reader.pages, 1):
            described = size(page, known)
            drawn += described
            refuse(drawn, len(content))
            seen = look(drawing, number - 1) if drawing else Seen(str(page.extract_text()), False, "")
            if ocr and seen.unread:
                seen = _scanned(ocr, drawing, number - 1, seen)
            pages.append(_page(page, seen) if described <= MOST_LAID_OUT else seen.text.split("\n"))
            lost += [Part("", "", number, lost=(seen.lost,))] if seen.lost else []
    return parts(pages, numbered=True) + lost


def _scanned(ocr: Ocr, drawing: Any, place: int, seen: Seen) -> Seen:
    """A page as Tesseract reads it, if it finds text there."""
    try:
        text = read(ocr, drawing, place).strip()
    except Unreadable as error:
        return seen._replace(lost=f"{seen.lost}; {error}")
    return Seen(text, True, f"{seen.lost}; read by tesseract {ocr.version} ({ocr.languages})") if text else seen


def _page(page: Any, seen: Seen) -> list[str]:
    """The lines of a page as they are laid out, which shows tables and paragraphs; if that fails, as PDFium has them."""
    if not seen.text.strip() or seen.unread:
        return seen.text.split("\n")
    try:
        _turn_ligatures(page, seen.text)
        laid_out = str(page.extract_text(extraction_mode="layout")).translate(LIGATURES)
    except Exception:  # pypdf calls this mode experimental
        laid_out = ""
    lost = len("".join(laid_out.split())) < 0.95 * len("".join(seen.text.split()))
    return (seen.text if lost or _in_columns(laid_out) else "\n".join(logical(laid_out.split("\n")))).split("\n")


def _in_columns(text: str) -> bool:
    """Whether the lines of a page are long pieces side by side, which go on in the next line, and no table."""
    cells = [CELLS.split(line.strip()) for line in text.split("\n") if line.strip()]
    beside = [line for line in cells if len(line) > 1]
    pairs = [line for line in beside if len(line) == 2 and min(map(len, line)) > COLUMN]
    going_on = sum(left[0].islower() for left, _ in pairs)
    return len(pairs) > max(4, 0.8 * len(beside)) and (len(pairs) > len(cells) / 2 or going_on > len(pairs) / 3)


def _turn_ligatures(page: Any, text: str) -> None:
    """Turns around what one glyph of a script from right to left stands for, as its line is going to be turned around."""
    if not RIGHT.search(text):
        return
    fonts = page["/Resources"].get("/Font", DictionaryObject()).get_object()
    for font in fonts.values():
        table = font.get_object().get("/ToUnicode", NullObject()).get_object()
        if isinstance(table, StreamObject) and "/MbeguTurned" not in table:
            table.set_data(GLYPH.sub(_turned, table.get_data()))
            table[NameObject("/MbeguTurned")] = BooleanObject(True)  # pages share fonts


def _turned(found: regex.Match[bytes]) -> bytes:
    written = bytes.fromhex(found[1].decode()).decode("utf-16-be", "replace")
    return b"<" + written[::-1].encode("utf-16-be").hex().encode() + b">" if RIGHT.match(written) else found[0]
