"""DOCX files as text: headings, paragraphs with their notes, lists with their numbers, tables as rows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, NamedTuple

from mbegu.extras import needs
from mbegu.sources.documents.archives import refuse_bomb
from mbegu.sources.documents.documents import Part, one_line
from mbegu.sources.documents.grid import LONGEST, Cell, laid_out
from mbegu.sources.documents.runs import FALLBACK, OFFICE, Notes, find, inside, left_out, paragraphs, read_notes, text

with needs("documents"):
    from docx import Document
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

HEADINGS = ("Heading", "Title")
GOES_ON = "\ufdd0"  # no character: a cell that is one with that above it
BODY_TEXT = 9  # the outline level of what is no heading
WRAPPERS = {qn(f"w:{name}") for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag")}
WRAPPERS |= {f"{OFFICE}AlternateContent", f"{OFFICE}Choice"}
ROW, CELL, CONTROL, CONTENT = qn("w:tr"), qn("w:tc"), qn("w:sdt"), qn("w:sdtContent")
CONTENTS = "./w:sdtPr//w:docPartGallery[@w:val='Table of Contents']"


class Style(NamedTuple):
    """What a paragraph style says of its paragraphs."""

    in_list: bool
    heading: bool | None
    numbering: tuple[str, int] | tuple[()] | None


class Known(NamedTuple):
    """What has been looked up of a document, and how far its lists have come."""

    styles: dict[str | None, Style]
    formats: dict[tuple[str, int], str | None]
    counters: Counter[tuple[str, int]]


def read_docx(content: bytes) -> list[Part]:
    """Parts of a file, one a heading. Content controls, insertions and text boxes count, deletions don't; a note stands
    below what refers to it.

    Raises:
        Unreadable: no DOCX, or one that unpacks to far more than it should.
    """
    refuse_bomb(content, "DOCX")
    document = Document(BytesIO(content))
    known = Known({}, {}, Counter())
    notes = read_notes(document.part)
    found: list[tuple[str, list[str]]] = [("", [])]
    for element in _blocks(document.element.body):
        cited = len(notes.cited)
        if element.tag == qn("w:tbl"):
            found[-1][1].append("\n\n" + "\n".join(_rows(element, notes)) + "\n\n")
        elif said := text(element, notes).strip():
            paragraph = Paragraph(element, document)
            style = _style(paragraph, known)
            if _is_heading(paragraph, style):
                found.append((one_line(said), [f"{one_line(said)}\n\n"]))
            else:
                mark = _mark(paragraph, style, known)
                found[-1][1].append(f"{mark}{said}\n" if mark else f"\n{said}\n\n")
        for number, key in enumerate(notes.cited[cited:], cited + 1):
            found[-1][1].append(f"\n[{number}] {notes.texts.get(key, '')}\n\n")
    parts = [Part(heading, "".join(pieces)) for heading, pieces in found]
    return [parts[0]._replace(lost=tuple(left_out(document.part))), *parts[1:]]


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
    cells = [[_cell(cell, notes) for cell in _children(row, CELL)] for row in _children(table, ROW)]
    grid: list[list[str]] = []
    for row in laid_out(cells):
        above = grid[-1] if grid else []
        grid.append([_above(above, column) if text == GOES_ON else text for column, text in enumerate(row)])
    return [" | ".join(row) for row in grid if any(row)]


def _children(element: Any, tag: str) -> Iterator[Any]:
    """The children of a kind, also those in a content control. XPath would be slow for a hundred thousand rows."""
    for child in element.iterchildren(tag, CONTROL):
        if child.tag == tag:
            yield child
        else:
            for content in child.iterchildren(CONTENT):
                yield from content.iterchildren(tag)


def _above(row: list[str], column: int) -> str:
    return row[column] if column < len(row) and len(row[column]) <= LONGEST else ""


def _cell(cell: Any, notes: Notes) -> Cell:
    said = one_line(" ".join(text(paragraph, notes) for paragraph in paragraphs(cell)))
    properties = {node.tag: node.get(qn("w:val"), "") for kind in cell.iterchildren(qn("w:tcPr")) for node in kind}
    if not said and properties.get(qn("w:vMerge")) in ("", "continue"):
        said = GOES_ON
    across = properties.get(qn("w:gridSpan"), "1")
    return Cell(said, int(across) if across.isdecimal() else 1)


def _style(paragraph: Any, known: Known) -> Style:
    """What a paragraph's style says; looked up once a style, as python-docx searches all of them each time."""
    name = paragraph._p.style
    if name not in known.styles:
        chain = list(_chain(paragraph.style))
        known.styles[name] = Style(
            _in_list(chain), _first(_heading(style) for style in chain), _first(_numbering(style.element) for style in chain)
        )
    return known.styles[name]


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _chain(style: Any) -> Iterator[Any]:
    """A style, and those that it is based on."""
    known = set()
    while style is not None and style.style_id not in known:
        known.add(style.style_id)
        yield style
        style = style.base_style


def _in_list(chain: list[Any]) -> bool:
    return bool(chain) and str(chain[0].name).startswith("List")


def _heading(style: Any) -> bool | None:
    """Whether a style is that of a heading, by its outline level or its name; None if neither says so."""
    level = _level(style.element)
    return level if level is not None else (True if str(style.name).startswith(HEADINGS) else None)


def _level(element: Any) -> bool | None:
    level = find(element, "./w:pPr/w:outlineLvl/@w:val")
    return int(level[0]) < BODY_TEXT if level else None


def _is_heading(paragraph: Any, style: Style) -> bool:
    level = _level(paragraph._p) if paragraph._p.pPr is not None else None
    return bool(style.heading if level is None else level)


def _mark(paragraph: Any, style: Style, known: Known) -> str:
    """ "- " or "3. " before a list item, "" before any other paragraph; counts the item."""
    own = _numbering(paragraph._p) if paragraph._p.pPr is not None else None
    numbering = style.numbering if own is None else own
    if not numbering:
        return "- " if style.in_list else ""
    list_, level = numbering
    for key in [key for key in known.counters if key[0] == list_ and key[1] > level]:
        del known.counters[key]  # deeper levels begin anew
    known.counters[numbering] += 1
    if numbering not in known.formats:
        known.formats[numbering] = _format(paragraph.part, list_, level)
    return "- " if known.formats[numbering] in ("bullet", "none", None) else f"{known.counters[numbering]}. "


def _numbering(element: Any) -> tuple[str, int] | tuple[()] | None:
    """List and level of a paragraph or style; an empty pair if it is freed from its style's list, None if it says nothing."""
    for found in find(element, "./w:pPr/w:numPr[w:numId]"):
        list_, level = find(found, "./w:numId/@w:val")[0], find(found, "./w:ilvl/@w:val") or ["0"]
        return (list_, int(level[0])) if list_ != "0" else ()
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
