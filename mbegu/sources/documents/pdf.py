"""PDF files as text, page by page."""

from io import BytesIO
from typing import Any

from mbegu.extras import needs
from mbegu.sources.documents.documents import Part, Unreadable
from mbegu.sources.documents.lines import CELLS, parts

with needs("documents"):
    from pypdf import PdfReader

MOST_DRAWN = 20_000_000  # bytes of a PDF's unpacked page descriptions, of which pypdf reads about 0.5 million a second
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
COLUMN = 25  # characters, above which what stands side by side is text in two columns rather than a table


def read_pdf(content: bytes) -> list[Part]:
    """Parts of a PDF, one a page or heading.

    Raises:
        Unreadable: encrypted, or pages that unpack to too much.
    """
    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("encrypted; save it without a password")
    drawn, pages = 0, []
    for page in reader.pages:
        contents = page.get_contents()
        drawn += len(contents.get_data()) if contents is not None else 0
        if drawn > MOST_DRAWN:
            raise Unreadable(f"pages that unpack to more than {MOST_DRAWN:,} bytes")
        pages.append(_page(page).translate(LIGATURES).split("\n"))
    return parts(pages, numbered=True)


def _page(page: Any) -> str:
    """The text of a page as it is laid out, which shows tables and paragraphs; if that fails, in the order it is drawn."""
    plain = str(page.extract_text())
    try:
        laid_out = str(page.extract_text(extraction_mode="layout"))
    except Exception:  # pypdf calls this mode experimental
        return plain
    lost = len("".join(laid_out.split())) < 0.95 * len("".join(plain.split()))
    return plain if lost or _in_columns(laid_out) else laid_out


def _in_columns(text: str) -> bool:
    """Whether the lines of a page are long pieces side by side, which go on in the next line, and no table."""
    cells = [CELLS.split(line.strip()) for line in text.split("\n") if line.strip()]
    beside = [line for line in cells if len(line) > 1]
    pairs = [line for line in beside if len(line) == 2 and min(map(len, line)) > COLUMN]
    going_on = sum(left[0].islower() for left, _ in pairs)
    return len(pairs) > max(4, 0.8 * len(beside)) and (len(pairs) > len(cells) / 2 or going_on > len(pairs) / 3)
