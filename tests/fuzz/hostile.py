"""Files of about a megabyte that are made to be slow, by kind."""

import io
import zipfile
import zlib
from collections.abc import Callable

from docx import Document

MEGABYTE = 1_000_000


def full(piece: str, start: str = "", end: str = "") -> bytes:
    """A megabyte of one piece."""
    return (start + piece * (MEGABYTE // len(piece.encode())) + end).encode()


TEXTS = {
    "one_word": full("a"), "blanks": full(" "), "empty_lines": full("\n"), "cells": full("ab  cd    "), "rows": full("a    b\n"),
    "hyphens": full("infor-\n"), "items": full("- a\n"), "numbers": full("1.1 A\n\n"), "marks": full("\u0301"),
    "amharic": full("ሰላም። "), "arabic": full("سلام (5) "), "emoji": full("👩\u200d👧"), "joiners": full("\u200d"),
    "long_lines": full("word " * 30 + "\n"), "form_feeds": full("\f"), "tabs": full("\t"),
}  # fmt: skip
MARKDOWN = {
    "backticks": full("`a ``b "), "open_comments": full("<!--"), "comments": full("<!---->"), "backticks_and_comments": full("`<!--"),
    "pipes": full("|"), "hashes": full("#"), "quotes": full("> "), "links": full("["), "links_to_nowhere": full("[a]: # ("),
    "fences": full("```\n"), "rules": full("---\n"), "rows": full("| a | b |\n"), "stars": full("*"), "wrapped": full("a\n"),
    "one_heading": full("a", "# "), "spaced_heading": full(" #", "# a"), "settings": full("a:", "---\n"), "growing": b"".join(b"`" * n + b" <!-- " for n in range(1400)),
}  # fmt: skip
PAGES = {
    "deep": full("<div>"), "deep_spans": full("<b>"), "items": full("<li>x"), "numbered": full("<li>x", "<ol>"), "lists": full("<ul><li>"),
    "tables": full("<table><tr><td>"), "spans": full("<td rowspan=1000 colspan=1000>x", "<table><tr>"), "rows": full("<tr><td>a<td>b", "<table>"),
    "tall": full("<tr><td rowspan=9999>a<td>b", "<table>"), "hidden": full("<p hidden>"), "headings": full("<h1>a"), "references": full("&amp;"),
    "breaks": full("<br>"), "attributes": full(" a=b", "<p", ">x"), "comments": full("<!--x-->"), "plain": full("word "), "links": full("<a href=x>y</a>"),
    "unclosed": full("<"), "articles": full("<article>a"), "asides": full("<aside>a"), "tall_rows": full("<tr>", "<table><tr>" + "<td rowspan=9999>a" * 20000),
}  # fmt: skip


def docx(body: str, **members: str) -> bytes:
    """A DOCX file around the content of a body, packed as tightly as it gets."""
    source = io.BytesIO()
    Document().save(source)
    out = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/document.xml":
                before, after = content.split(b"<w:body>")
                content = before + b"<w:body>" + body.encode() + after[after.rindex(b"<w:sectPr") :]
            new.writestr(name, content)
    return out.getvalue()
