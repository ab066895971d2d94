"""DOCX files as text: headings, paragraphs, lists with their numbers, tables as rows."""

import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from mbegu.extras import needs
from mbegu.sources.documents.documents import Part, Unreadable, one_line

with needs("documents"):
    from docx import Document
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import nsmap, qn
    from docx.text.paragraph import Paragraph
    from lxml import etree

LARGEST = 50_000_000  # bytes that a file unpacks to
DENSEST = 200  # bytes unpacked for one packed; office files have about 10, bombs 1,000
MARKS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
WRAPPERS = {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml"), qn("w:smartTag")}
CONTENTS = "./w:sdtPr//w:docPartGallery[@w:val='Table of Contents']"
BOXES = ".//w:txbxContent[not(ancestor::*[local-name()='Fallback'])]"  # each stands twice, the second time for old readers


def read_docx(content: bytes) -> list[Part]:
    """Parts of a file, one a heading. Content controls, insertions and text boxes count, deletions don't.

    Raises:
        Unreadable: no DOCX, or one that unpacks to far more than it should.
    """
    refuse_bomb(content)
    document = Document(BytesIO(content))
    counters: Counter[tuple[str, int]] = Counter()
    found: list[tuple[str, list[str]]] = [("", [])]
    for element in _blocks(document.element.body):
        if element.tag == qn("w:tbl"):
            found[-1][1].append("\n\n" + "\n".join(_rows(element)) + "\n\n")
        elif text := _text(element).strip():
            paragraph = Paragraph(element, document)
            style = str(paragraph.style.name) if paragraph.style is not None else ""
            if style.startswith(("Heading", "Title")):
                found.append((one_line(text), [f"{one_line(text)}\n\n"]))
            else:
                mark = _mark(paragraph, style, counters)
                found[-1][1].append(f"{mark}{text}\n" if mark else f"\n{text}\n\n")
    return [Part(heading, "".join(pieces)) for heading, pieces in found]


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


def _find(element: Any, path: str) -> Any:
    """What an XPath finds; python-docx knows its prefixes only in elements that it has a class for."""
    return etree._Element.xpath(element, path, namespaces=nsmap)


def _blocks(element: Any) -> Iterator[Any]:
    """Paragraphs and tables in reading order, without the table of contents."""
    for child in element.iterchildren():
        if child.tag == qn("w:tbl"):
            yield child
        elif child.tag == qn("w:p"):
            yield child
            for box in _find(child, BOXES):
                yield from _blocks(box)
        elif child.tag in WRAPPERS and not (child.tag == qn("w:sdt") and _find(child, CONTENTS)):
            yield from _blocks(child)


def _text(paragraph: Any) -> str:
    runs = (run for run in paragraph.iter(qn("w:r")) if next(run.iterancestors(qn("w:p"))) is paragraph)
    kept = (run for run in runs if next(run.iterancestors(qn("w:moveFrom")), None) is None)
    return "".join(node.text or "" if node.tag == qn("w:t") else MARKS.get(node.tag, "") for run in kept for node in run)


def _rows(table: Any) -> Iterator[str]:
    for row in _find(table, "./w:tr | ./w:sdt/w:sdtContent/w:tr"):
        cells = _find(row, "./w:tc | ./w:sdt/w:sdtContent/w:tc")
        texts = [one_line(" ".join(_text(paragraph) for paragraph in cell.iter(qn("w:p")))) for cell in cells]
        if any(texts):
            yield " | ".join(texts)


def _mark(paragraph: Any, style: str, counters: Counter[tuple[str, int]]) -> str:
    """ "- " or "3. " before a list item, "" before any other paragraph; counts the item."""
    numbering = _numbering(paragraph)
    if numbering is None:
        return "- " if style.startswith("List") else ""
    list_, level = numbering
    for key in [key for key in counters if key[0] == list_ and key[1] > level]:
        del counters[key]  # deeper levels begin anew
    counters[numbering] += 1
    return "- " if _format(paragraph.part, list_, level) in ("bullet", "none", None) else f"{counters[numbering]}. "


def _numbering(paragraph: Any) -> tuple[str, int] | None:
    """List and level of a paragraph, by itself or by its style."""
    holders, style = [paragraph._p], paragraph.style
    while style is not None:
        holders.append(style.element)
        style = style.base_style
    for holder in holders:
        for found in _find(holder, "./w:pPr/w:numPr[w:numId]"):
            list_, level = _find(found, "./w:numId/@w:val")[0], _find(found, "./w:ilvl/@w:val") or ["0"]
            return (list_, int(level[0])) if list_ != "0" else None  # 0 frees a paragraph from its style's list
    return None


def _format(part: Any, list_: str, level: int) -> str | None:
    """How a level of a list is numbered, such as "decimal" or "bullet"."""
    try:
        numbering = part.part_related_by(RELATIONSHIP_TYPE.NUMBERING).element
    except KeyError:
        return None
    abstract = _find(numbering, f"./w:num[@w:numId='{list_}']/w:abstractNumId/@w:val")
    path = f"./w:abstractNum[@w:abstractNumId='{abstract[0] if abstract else ''}']/w:lvl[@w:ilvl='{level}']/w:numFmt/@w:val"
    return next(iter(_find(numbering, path)), None)
