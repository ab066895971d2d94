"""RTF files as text: paragraphs, table rows as `a | b`."""

import regex

from mbegu.extras import needs
from mbegu.sources.documents.documents import Part, Unreadable
from mbegu.sources.documents.lines import parts

with needs("documents"):
    from striprtf.striprtf import rtf_to_text

HEAD = regex.compile(rb"\s*\{\\rtf")
ROW = regex.compile(r"(.*)\|")
PICTURE = regex.compile(rb"\\pict\b")


def read_rtf(content: bytes) -> list[Part]:
    """Parts of a file, one a heading.

    Raises:
        Unreadable: it does not begin as RTF.
    """
    if not HEAD.match(content):
        raise Unreadable("broken RTF (it does not begin with {\\rtf)")
    text = rtf_to_text(content.decode("cp1252", "replace"), errors="ignore")
    lines = [piece for line in text.split("\n") for piece in _lines(line)]
    pictures = len(PICTURE.findall(content))
    lost = (f"pictures left out: {pictures}",) if pictures else ()
    found = parts([lines], numbered=False)
    return [found[0]._replace(lost=lost), *found[1:]]


def _lines(line: str) -> list[str]:
    """A paragraph with an empty line below it, or a table's row."""
    row = ROW.fullmatch(line)
    return ["\t".join(cell.strip() for cell in row[1].split("|"))] if row else [line, ""]
