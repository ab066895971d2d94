"""The passages that a person's question finds in a project's documents, and where they stand there."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from mbegu.builds.declared import names, read_params
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.retrieval.index import Document
from mbegu.retrieval.passages import ALONE, Found, place, retrieve
from mbegu.retrieval.search import open_index
from mbegu.rows.jsonl import read_lines
from mbegu.sources.documents.documents import KEYS
from mbegu.sources.documents.settings import Retrieval

PATH = "/document"  # of the page that shows a document
PAGE = """<!doctype html>
<html lang="und"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>body {{ margin: 1rem auto; max-width: 45rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }}
body {{ overflow-wrap: anywhere }}
pre {{ font: inherit; white-space: pre-wrap; unicode-bidi: plaintext; text-align: start }} h1 {{ font-size: 1.2rem }}
mark {{ background: #ffe08a; color: #111827; scroll-margin-top: 4rem }}</style>
<h1 dir="auto">{title}</h1>
<pre dir="auto">{before}<mark id="passage">{passage}</mark>{after}</pre></html>"""


class Searched(NamedTuple):
    """Documents that can be searched."""

    name: str  # in the section `retrieved`
    find: Callable[[str], Found]  # from a question to its passages, `retrieval.k` of them
    texts: Path  # of the whole documents


def finder(documents: str, params: Path) -> Searched:
    """The documents of a project, to be searched.

    Args:
        documents: the name in the section `retrieved`; "" for the only one.
        params: of the project; its folder holds the index.

    Raises:
        BadInput: no such name or several to choose from, a section `retrieval` that is wrong, or no index yet.
    """
    sections = read_params(params)
    name = documents or _only(names(sections, "retrieved"), params)
    if name not in names(sections, "retrieved"):
        raise BadInput(
            f"--documents {name!r}: {params} names {', '.join(names(sections, 'retrieved')) or 'none'} under retrieved."
        )
    k = parse_section(sections, "retrieval", Retrieval, str(params)).k
    index = open_index(params.parent / "data/retrieved" / name)
    texts = params.parent / "data/documents" / f"{name}.jsonl"
    return Searched(name, lambda question: retrieve(index, question, k), texts)


def _only(known: list[str], params: Path) -> str:
    if not known:
        raise BadInput(f"{params}: no documents can be searched; name them under retrieved, as in `retrieved: {{NAME: {{}}}}`.")
    if len(known) > 1:
        raise BadInput(f"{params}: names {', '.join(known)} under retrieved; choose one by --documents.")
    return known[0]


def linked(found: Found) -> str:
    """The sources as HTML, each a link to its place in the document, the best first."""
    if not found.hits:
        return f'<p class="about">{ALONE}</p>'
    items = (f'<li dir="auto"><a href="{_address(hit.document)}" target="_blank">{html.escape(place(hit.document))}</a></li>'
             for hit in found.hits)  # fmt: skip
    return f'<p class="about">Sources</p><ol class="sources">{"".join(items)}</ol>'


def _address(chunk: Document) -> str:
    wanted = {key: chunk.fields[key] for key in ("path", "start", "end")}
    return html.escape(f"{PATH}?{urlencode(wanted)}#passage")


def document_page(searched: Searched, path: str, start: int, end: int) -> str:
    """A page with the text of a document, of which the characters from `start` to `end` are marked.

    Raises:
        BadInput: no such document, or it is not that long.
    """
    text = next((value["text"] for _, value in read_lines(searched.texts, KEYS) if value["path"] == path), None)
    if text is None:
        raise BadInput(f"{path}: no such document in {searched.texts}; `dvc repro` reads it.")
    if not 0 <= start <= end <= len(text):
        raise BadInput(f"{path}: it has {len(text)} characters; there is no passage from {start} to {end}.")
    parts = {"title": path, "before": text[:start], "passage": text[start:end], "after": text[end:]}
    return PAGE.format(**{name: html.escape(part) for name, part in parts.items()})
