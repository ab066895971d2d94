"""ODT files as text: headings, paragraphs with their notes, lists, tables as rows."""

from collections.abc import Iterator
from typing import Any

from mbegu.sources.documents.archives import opened, xml
from mbegu.sources.documents.documents import Part, Unreadable, one_line
from mbegu.sources.documents.grid import Cell, laid_out

NAMES = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
TEXT, TABLE, OFFICE, DRAW = (NAMES % name for name in ("text", "table", "office", "drawing"))
HEADING, PARAGRAPH, LIST, ITEM, NOTE, BOX = (f"{TEXT}{name}" for name in ("h", "p", "list", "list-item", "note", "text-box"))
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
UNREAD = {f"{TEXT}tracked-changes", f"{TEXT}table-of-content", f"{OFFICE}annotation", f"{OFFICE}forms", f"{TEXT}sequence-decls"}
SIGNS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}
MOST_BLANKS = 100


def read_odt(content: bytes) -> list[Part]:
    """Parts of a file, one a heading; a note stands below what refers to it.

    Raises:
        Unreadable: no archive, one that unpacks to far more than it should, or an encrypted file.
    """
    with opened(content, "ODT") as archive:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise Unreadable("encrypted; save it without a password")
        body = next(xml(archive, "content.xml").iter(f"{OFFICE}text"))
    notes: list[str] = []
    found: list[tuple[str, list[str]]] = [("", [])]
    for kind, said in _blocks(body, notes):
        if kind == "heading":
            found.append((said, [f"{said}\n\n"]))
        else:
            found[-1][1].append(f"{said}\n" if kind == "item" else f"\n{said}\n\n")
    parts = [Part(heading, "".join(pieces)) for heading, pieces in found]
    return [parts[0]._replace(lost=tuple(_left_out(body))), *parts[1:]]


def _left_out(body: Any) -> Iterator[str]:
    deleted = sum(len("".join(one.itertext()).split()) for one in body.iter(f"{TEXT}deletion"))
    counts = {"comments": len(list(body.iter(f"{OFFICE}annotation"))), "deleted words": deleted,
              "pictures": len(list(body.iter(f"{DRAW}image")))}  # fmt: skip
    yield from (f"{kind} left out: {count}" for kind, count in counts.items() if count)


def _blocks(element: Any, notes: list[str]) -> Iterator[tuple[str, str]]:
    """Headings, paragraphs, list items and tables, each below it with the notes that it refers to."""
    for child in element.iterchildren("*"):
        known = len(notes)
        if child.tag in (HEADING, PARAGRAPH):
            said = "".join(_pieces(child, notes)).strip()
            yield ("heading", one_line(said)) if child.tag == HEADING else ("text", said)
            for frame in child.iter(f"{DRAW}text-box"):
                yield from _blocks(frame, notes)
        elif child.tag == LIST:
            yield from (("item", said) for said in _items(child, notes))
        elif child.tag == f"{TABLE}table":
            yield "text", "\n".join(" | ".join(row) for row in laid_out(_rows(child, notes)) if any(row))
        elif child.tag not in UNREAD:
            yield from _blocks(child, notes)
        for number, note in enumerate(notes[known:], known + 1):
            yield "text", f"[{number}] {note}"


def _items(list_: Any, notes: list[str]) -> Iterator[str]:
    """Items, each on a line; whether they are numbered is a matter of styles, which are not read."""
    for item in list_.iterchildren(ITEM, f"{TEXT}list-header"):
        for child in item.iterchildren("*"):
            if child.tag == LIST:
                yield from _items(child, notes)
            elif said := one_line("".join(_pieces(child, notes))):
                yield f"- {said}"


def _rows(table: Any, notes: list[str]) -> list[list[Cell]]:
    return [[_cell(cell, notes) for cell in row.iterchildren(CELLS[0])] for row in table.iter(f"{TABLE}table-row")]


def _cell(cell: Any, notes: list[str]) -> Cell:
    said = one_line(" ".join("".join(_pieces(one, notes)) for one in cell.iter(HEADING, PARAGRAPH)))
    return Cell(said, *(_whole(cell, f"{TABLE}number-{kind}-spanned") for kind in ("columns", "rows")))


def _whole(element: Any, name: str) -> int:
    value = element.get(name, "1")
    return int(value) if value.isdecimal() and len(value) < 6 else 1


def _pieces(element: Any, notes: list[str]) -> Iterator[str]:
    yield element.text or ""
    for child in element.iterchildren("*"):
        if child.tag == NOTE:
            notes.append(one_line("".join(next(child.iter(f"{TEXT}note-body"), child).itertext())))
            yield f"[{len(notes)}]"
        elif child.tag == f"{TEXT}s":
            yield " " * min(MOST_BLANKS, _whole(child, f"{TEXT}c"))
        elif child.tag in SIGNS:
            yield SIGNS[child.tag]
        elif child.tag not in UNREAD and child.tag != f"{DRAW}text-box":
            yield from _pieces(child, notes)
        yield child.tail or ""
