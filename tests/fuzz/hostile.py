"""Files that are made to be slow, by kind and of any size."""

import io
import zipfile
import zlib
from collections.abc import Iterable

from docx import Document
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, EncodedStreamObject, FloatObject, NameObject

TEXTS = {
    "one_word": "a", "blanks": " ", "empty_lines": "\n", "cells": "ab  cd    ", "rows": "a    b\n", "hyphens": "infor-\n",
    "items": "- a\n", "numbers": "1.1 A\n\n", "marks": "\u0301", "amharic": "ሰላም። ", "arabic": "سلام (5) ",
    "emoji": "👩\u200d👧", "joiners": "\u200d", "long_lines": "word " * 30 + "\n", "form_feeds": "\f", "tabs": "\t",
}  # fmt: skip
MARKDOWN = TEXTS | {
    "backticks": "`a ``b ", "open_comments": "<!--", "comments": "<!---->", "backticks_and_comments": "`<!--", "pipes": "|",
    "hashes": "#", "quotes": "> ", "links": "[", "links_to_nowhere": "[a]: # (", "fences": "```\n", "rules": "---\n",
    "table": "| a | b |\n", "stars": "*", "wrapped": "a\n", "settings": "a:", "spaced": " #",
}  # fmt: skip
PAGES = {
    "deep": "<div>", "deep_spans": "<b>", "list": "<li>x", "lists": "<ul><li>", "tables": "<table><tr><td>",
    "rows": "<tr><td>a<td>b",
    "hidden": "<p hidden>", "deep_hidden": "<div hidden>", "headings": "<h1>a", "references": "&amp;", "breaks": "<br>",
    "comments": "<!--x-->", "links": "<a href=x>y</a>", "unclosed": "<", "articles": "<article>a", "asides": "<aside>a",
}  # fmt: skip
BEGINNINGS = {
    "numbered": ("<ol>", "<li>x"), "spans": ("<table><tr>", "<td rowspan=1000 colspan=1000>x"),
    "tall": ("<table>", "<tr><td rowspan=9999>a<td>b"), "wide_and_tall": ("<table><tr>" + "<td rowspan=9999>a" * 5000, "<tr>"),
    "attributes": ("<p", " a=b"), "table": ("<table>", "<tr><td>a<td>b"),
}  # fmt: skip


def _full(pieces: dict[str, str], size: int) -> dict[str, bytes]:
    """Of each piece, as many as give the size."""
    return {name: (piece * (size // len(piece.encode()))).encode() for name, piece in pieces.items()}


def pages(size: int) -> dict[str, bytes]:
    """HTML."""
    begun = {name: start.encode() + _full({name: piece}, size)[name] for name, (start, piece) in BEGINNINGS.items()}
    return _full(PAGES, size) | begun


def packed(body: str) -> bytes:
    """A DOCX file around the content of a body, packed as tightly as it gets."""
    source, out = io.BytesIO(), io.BytesIO()
    Document().save(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/document.xml":
                before, after = content.split(b"<w:body>")
                content = before + b"<w:body>" + body.encode() + after[after.rindex(b"<w:sectPr") :]
            new.writestr(name, content)
    return out.getvalue()


PARAGRAPH, RUN = "<w:p><w:r><w:t>a</w:t></w:r></w:p>", "<w:r><w:t>a</w:t></w:r>"


def word(size: int) -> dict[str, bytes]:
    """DOCX files that unpack to four times the size, or to far more."""
    many, wide = size * 4 // len(PARAGRAPH), "<w:tc><w:tcPr><w:gridSpan w:val='999'/></w:tcPr><w:p/></w:tc>"
    numbered = "<w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr></w:pPr><w:r><w:t>a</w:t></w:r></w:p>"
    bodies = {
        "paragraphs": PARAGRAPH * many, "runs": f"<w:p>{RUN * many}</w:p>", "lists": numbered * (many // 4),
        "bomb": PARAGRAPH * 900_000,
        "tables": "<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>" * (many // 2),
        "row": f"<w:tbl><w:tr>{wide * (many // 2)}</w:tr></w:tbl>",
        "deep": "<w:sdt><w:sdtContent>" * 200 + "</w:sdtContent></w:sdt>" * 200,
    }  # fmt: skip
    return {name: packed(body) for name, body in bodies.items()}


def _stream(content: bytes) -> EncodedStreamObject:
    found = EncodedStreamObject()
    found._data = zlib.compress(content, 9)
    found[NameObject("/Filter")] = NameObject("/FlateDecode")
    return found


def _page(content: bytes, forms: int = 0) -> bytes:
    """A page, or one that draws ten times what draws ten times … some words."""
    writer, out = PdfWriter(), io.BytesIO()
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})
    resources = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F"): writer._add_object(font)})})
    page = writer.add_blank_page(600, 800)
    for _ in range(forms):
        form = _stream(content)
        form[NameObject("/Subtype")] = NameObject("/Form")
        form[NameObject("/BBox")] = ArrayObject(map(FloatObject, (0, 0, 600, 800)))
        form[NameObject("/Resources")] = resources
        inner = {NameObject("/X"): writer._add_object(form)}
        resources = DictionaryObject({**resources, NameObject("/XObject"): DictionaryObject(inner)})
        content = b"/X Do " * 10
    page[NameObject("/Resources")] = resources
    page[NameObject("/Contents")] = writer._add_object(_stream(content))
    writer.write(out)
    return out.getvalue()


def _shown(rows: Iterable[int]) -> bytes:
    return b"".join(b"BT /F 12 Tf 1 0 0 1 20 %d Tm (abc) Tj ET\n" % row for row in rows)


def portable(size: int) -> dict[str, bytes]:
    """PDF files that unpack to as much."""
    return {
        "texts": _page(_shown([700] * (size // 42))), "lines": _page(_shown(range(size // 42))),
        "states": _page(b"q " * (size // 2)),
        "paths": _page(b"0 0 m 1 1 l S\n" * (size // 14)), "word": _page(b"BT /F 12 Tf (" + b"word " * (size // 5) + b") Tj ET"),
        "arrays": _page(b"[" * size), "forms": _page(_shown([9] * 10), 3), "many_forms": _page(_shown([9] * 10), 9),
    }  # fmt: skip


KINDS = {
    ".txt": lambda size: _full(TEXTS, size), ".md": lambda size: _full(MARKDOWN, size), ".html": pages, ".docx": word,
    ".pdf": portable,
}  # fmt: skip
