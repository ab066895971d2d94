"""What a paragraph of a DOCX file says: its runs, equations and references to notes, without what is deleted or hidden."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from mbegu.extras import needs
from mbegu.sources.documents.documents import one_line
from mbegu.sources.documents.equations import EQUATION, linear

with needs("documents"):
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsmap, qn
    from lxml import etree

MARKS = {qn("w:tab"): "\t", qn("w:ptab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
NOTES = {"footnote": RELATIONSHIP_TYPE.FOOTNOTES, "endnote": RELATIONSHIP_TYPE.ENDNOTES}
CITED = {qn(f"w:{kind}Reference"): kind for kind in NOTES}
OFFICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
FALLBACK = f"{OFFICE}Fallback"  # the same again, for old readers
ELSEWHERE = {FALLBACK, qn("w:moveFrom"), qn("w:p"), EQUATION}  # what holds a run that is no part of the paragraph
OFF = ("0", "false", "off")
# What is counted, and how: XPath in the body.
PICTURES = "//*[local-name()='pic' or local-name()='imagedata']"
DRAWINGS = "//*[local-name()='chart' or local-name()='relIds']"
FILES = "//w:altChunk | //*[local-name()='OLEObject']"
COMMENTS = f"{RELATIONSHIP_TYPE.COMMENTS}"


class Notes(NamedTuple):
    """Footnotes and endnotes."""

    texts: dict[tuple[str, str], str]  # by kind and id
    cited: list[tuple[str, str]]  # in the order of their references so far


def find(element: Any, path: str) -> Any:
    """What an XPath finds; python-docx knows its prefixes only in elements that it has a class for."""
    return etree._Element.xpath(element, path, namespaces=nsmap)


def text(paragraph: Any, notes: Notes) -> str:
    """The text of a paragraph; a reference to a note is `[1]`, and goes to `notes.cited`."""
    return "".join(_pieces(paragraph, notes))


def read_notes(part: Any) -> Notes:
    """The notes of a document part."""
    nothing = Notes({}, [])
    texts = {}
    for kind in NOTES:
        for note in find(related(part, NOTES[kind]), f"./w:{kind}[not(@w:type)]"):
            said = one_line(" ".join(text(paragraph, nothing) for paragraph in paragraphs(note)))
            texts[kind, note.get(qn("w:id"), "")] = said
    return Notes(texts, [])


def related(part: Any, kind: str) -> Any:
    """The XML of a part that belongs to another, or an empty element."""
    try:
        return parse_xml(part.part_related_by(kind).blob)
    except KeyError:
        return etree.Element("none")


def paragraphs(element: Any) -> list[Any]:
    """The paragraphs in an element, but for those that stand twice."""
    return [found for found in element.iter(qn("w:p")) if not inside(found, {FALLBACK}, element)]


def inside(node: Any, tags: set[str], element: Any) -> bool:
    """Whether one of the tags stands between a node and the element that holds it."""
    for ancestor in node.iterancestors():
        if ancestor is element:
            return False
        if ancestor.tag in tags:
            return True
    return False


def left_out(part: Any) -> list[str]:
    """What a document part holds that no paragraph says, counted, for the ledger."""
    body = part.element
    words = {
        "deleted words": find(body, "//w:delText/text()"),
        "hidden words": ["".join(_said(run)) for run in body.iter(qn("w:r")) if _hidden(run)],
    }
    counts = {kind: sum(len(piece.split()) for piece in pieces) for kind, pieces in words.items()}
    counts["comments"] = len(find(related(part, COMMENTS), "./w:comment"))
    for kind, path in {"pictures": PICTURES, "charts and diagrams": DRAWINGS, "embedded files": FILES}.items():
        counts[kind] = sum(not inside(found, {FALLBACK}, body) for found in find(body, path))
    return [f"{kind} left out: {count}" for kind, count in counts.items() if count]


def _pieces(paragraph: Any, notes: Notes) -> Iterator[str]:
    for node in paragraph.iter(qn("w:r"), EQUATION):
        if inside(node, ELSEWHERE, paragraph):
            continue
        if node.tag == EQUATION:
            yield linear(node)
        elif not _hidden(node):
            yield from _said(node)
            for cited in node.iterchildren(*CITED):
                notes.cited.append((CITED[cited.tag], cited.get(qn("w:id"), "")))
                yield f"[{len(notes.cited)}]"


def _said(run: Any) -> Iterator[str]:
    for node in run:
        if node.tag == qn("w:t"):
            yield node.text or ""
        elif node.tag == qn("w:sym"):
            yield _symbol(node.get(qn("w:char"), ""))
        else:
            yield MARKS.get(node.tag, "")


def _symbol(code: str) -> str:
    """A character by its number; those of symbol fonts, which are in the private area, say nothing."""
    number = int(code, 16) if code.isalnum() and len(code) <= 4 else 0
    return chr(number) if 0x20 < number < 0xD800 else ""


def _hidden(run: Any) -> bool:
    return any(found.get(qn("w:val"), "1") not in OFF for found in run.iterfind(f"./{qn('w:rPr')}/{qn('w:vanish')}"))
