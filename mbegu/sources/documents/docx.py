"""DOCX files as text: headings, paragraphs with their notes, lists with their numbers, tables as rows."""

import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from mbegu.extras import needs
from mbegu.sources.documents.documents import Part, Unreadable, one_line
from mbegu.sources.documents.grid import LONGEST, Cell, laid_out
from mbegu.sources.documents.runs import FALLBACK, OFFICE, Notes, find, inside, left_out, paragraphs, read_notes, text

with needs("documents"):
    from docx import Document
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

LARGEST = 50_000_000  # bytes that a file unpacks to
DENSEST = 200  # bytes unpacked for one packed; office files have about 10, bombs 1,000
HEADINGS = ("Heading", "Title")
GOES_ON = "\ufdd0"  # no character: a cell that is one with that above it
BODY_TEXT = 9  # the outline level of what is no heading
WRAPPERS = {qn(f"w:{name}") for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag")}
WRAPPERS |= {f"{OFFICE}AlternateContent", f"{OFFICE}Choice"}
CONTENTS = "./w:sdtPr//w:docPartGallery[@w:val='Table of Contents']"


def read_docx(content: bytes) -> list[Part]:
    """Parts of a file, one a heading. Content controls, insertions and text boxes count, deletions don't; a note stands
    below what refers to it.

    Raises:
        Unreadable: no DOCX, or one that unpacks to far more than it should.
    """
    refuse_bomb(content)
    document = Document(BytesIO(content))
    counters: Counter[tuple[str, int]] = Counter()
    notes = read_notes(document.part)
    found: list[tuple[str, list[str]]] = [("", [])]
    for element in _blocks(document.element.body):
        known = len(notes.cited)
        if element.tag == qn("w:tbl"):
            found[-1][1].append("\n\n" + "\n".join(_rows(element, notes)) + "\n\n")
        elif said := text(element, notes).strip():
            paragraph = Paragraph(element, document)
            if _is_heading(paragraph):
                found.append((one_line(said), [f"{one_line(said)}\n\n"]))
            else:
                mark = _mark(paragraph, counters)
                found[-1][1].append(f"{mark}{said}\n" if mark else f"\n{said}\n\n")
        for number, key in enumerate(notes.cited[known:], known + 1):
            found[-1][1].append(f"\n[{number}] {notes.texts.get(key, '')}\n\n")
    parts = [Part(heading, "".join(pieces)) for heading, pieces in found]
    return [parts[0]._replace(lost=tuple(left_out(document.part))), *parts[1:]]


def refuse_bomb(content: bytes) -> None:
    """Refuses an archive whose members are far larger than it; their declared sizes bind the unpacker too.

    Raises:
        Unreadable: it is no archive, or one to refuse.
    """
    try:
        members = zipfile.ZipFile(BytesIO(content)).infolist()
    except zipfile.BadZipFile:
        raise Unreadable("broken DOCX (no zip archive, or cut short)") from None
    size = sum(member.file_size for member in members)
    if size > LARGEST or size > DENSEST * len(content):
        raise Unreadable(f"unpacks to {size:,} bytes, {size // len(content)} times its size")


def _blocks(element: Any) -> Iterator[Any]:
    """Paragraphs and tables in reading order, without the table of contents."""
    for child in element.iterchildren():
        if child.tag == qn("w:tbl"):
            yield child
        elif child.tag == qn("w:p"):
            yield child
            for box in child.iter(qn("w:txbxContent")):
                if not inside(box, {qn("w:p"), FALLBACK}, child):
                    yield from _blocks(box)
        elif child.tag in WRAPPERS and not (child.tag == qn("w:sdt") and find(child, CONTENTS)):
            yield from _blocks(child)


def _rows(table: Any, notes: Notes) -> list[str]:
    rows = [find(row, "./w:tc | ./w:sdt/w:sdtContent/w:tc") for row in find(table, "./w:tr | ./w:sdt/w:sdtContent/w:tr")]
    grid: list[list[str]] = []
    for row in laid_out([[_cell(cell, notes) for cell in row] for row in rows]):
        above = grid[-1] if grid else []
        grid.append([_above(above, column) if text == GOES_ON else text for column, text in enumerate(row)])
    return [" | ".join(row) for row in grid if any(row)]


def _above(row: list[str], column: int) -> str:
    return row[column] if column < len(row) and len(row[column]) <= LONGEST else ""


def _cell(cell: Any, notes: Notes) -> Cell:
    said = one_line(" ".join(text(paragraph, notes) for paragraph in paragraphs(cell)))
    if not said and find(cell, "./w:tcPr/w:vMerge[not(@w:val) or @w:val='continue']"):
        said = GOES_ON
    across = next(iter(find(cell, "./w:tcPr/w:gridSpan/@w:val")), "1")
    return Cell(said, int(across) if across.isdecimal() else 1)


def _styles(paragraph: Any) -> Iterator[Any]:
    """The style of a paragraph, and those that it is based on."""
    style, known = paragraph.style, set()
    while style is not None and style.style_id not in known:
        known.add(style.style_id)
        yield style
        style = style.base_style


def _is_heading(paragraph: Any) -> bool:
    """By its style or one that this is based on, or by its outline level."""
    if level := find(paragraph._p, "./w:pPr/w:outlineLvl/@w:val"):
        return int(level[0]) < BODY_TEXT
    for style in _styles(paragraph):
        if level := find(style.element, "./w:pPr/w:outlineLvl/@w:val"):
            return int(level[0]) < BODY_TEXT
        if str(style.name).startswith(HEADINGS):
            return True
    return False


def _mark(paragraph: Any, counters: Counter[tuple[str, int]]) -> str:
    """ "- " or "3. " before a list item, "" before any other paragraph; counts the item."""
    numbering = _numbering(paragraph)
    if numbering is None:
        return "- " if paragraph.style is not None and str(paragraph.style.name).startswith("List") else ""
    list_, level = numbering
    for key in [key for key in counters if key[0] == list_ and key[1] > level]:
        del counters[key]  # deeper levels begin anew
    counters[numbering] += 1
    return "- " if _format(paragraph.part, list_, level) in ("bullet", "none", None) else f"{counters[numbering]}. "


def _numbering(paragraph: Any) -> tuple[str, int] | None:
    """List and level of a paragraph, by itself or by its style."""
    for holder in [paragraph._p, *(style.element for style in _styles(paragraph))]:
        for found in find(holder, "./w:pPr/w:numPr[w:numId]"):
            list_, level = find(found, "./w:numId/@w:val")[0], find(found, "./w:ilvl/@w:val") or ["0"]
            return (list_, int(level[0])) if list_ != "0" else None  # 0 frees a paragraph from its style's list
    return None


def _format(part: Any, list_: str, level: int) -> str | None:
    """How a level of a list is numbered, such as "decimal" or "bullet"."""
    try:
        numbering = part.part_related_by(RELATIONSHIP_TYPE.NUMBERING).element
    except KeyError:
        return None
    abstract = find(numbering, f"./w:num[@w:numId='{list_}']/w:abstractNumId/@w:val")
    path = f"./w:abstractNum[@w:abstractNumId='{abstract[0] if abstract else ''}']/w:lvl[@w:ilvl='{level}']/w:numFmt/@w:val"
    return next(iter(find(numbering, path)), None)
