"""The text of a document, block by block, as validate.py reads it: a check on the files, not the project's own loader."""

from pathlib import Path

from bs4 import BeautifulSoup
from docx import Document
from pypdf import PdfReader


def blocks(path):
    """Paragraphs, headings and table rows in reading order; an HTML page's navigation and footer are left out."""
    path = Path(path)
    if path.suffix == ".pdf":
        return [page.extract_text() for page in PdfReader(path).pages]
    if path.suffix == ".docx":
        parts = []
        for item in Document(str(path)).iter_inner_content():
            parts += [item.text] if hasattr(item, "text") else [" | ".join(c.text for c in row.cells) for row in item.rows]
        return parts
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        body = BeautifulSoup(text, "lxml").find(["main", "article"])
        return [tag.get_text() for tag in body.find_all(["h1", "h2", "p", "caption", "tr"])]
    return text.split("\n\n")


def folded(text):
    return " ".join(text.split())
