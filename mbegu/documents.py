"""Files of a folder as plain text, with the page or heading that each part of the text stands under."""

import fnmatch
import hashlib
import os
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import regex

from mbegu.errors import BadInput

KEYS = ("id", "path", "title", "sha256", "text", "anchors")
LARGEST = 50_000_000  # bytes of a file, and of what an archive unpacks to
DENSEST = 200  # bytes unpacked for one packed; office files have about 10, bombs 1,000
SAMPLE = 8192  # bytes that tell text from binary
HEADING = regex.compile(r"(?m)^#{1,6}[ \t]+(.+?)[ \t]*#*$")
BLANKS = regex.compile(r"[ \t\u00A0]+")
GAPS = regex.compile(r"\n{3,}")


class Part(NamedTuple):
    """Text under one anchor."""

    anchor: str  # "page 3", a heading, or "" before the first one
    text: str


class Unreadable(Exception):
    """Why a file can't be ingested, for the ledger."""


def find(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> list[Path]:
    """Files below `folder` that match a glob of `include` and none of `exclude`, sorted.

    Links are not followed out of the folder, nor in circles.

    Raises:
        BadInput: no such folder, or nothing in it matches.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder; put the documents there or name another one.")
    root = folder.resolve()
    names = sorted(path.relative_to(folder).as_posix() for path in _walk(folder, root))
    kept = [name for name in names if _matches(name, include) and not _matches(name, exclude)]
    if not kept:
        raise BadInput(f"{folder}: none of its {len(names)} files matches {', '.join(include)}; change ingest.include.")
    return [folder / name for name in kept]


def _walk(folder: Path, root: Path) -> Iterator[Path]:
    seen = set()
    for directory, children, files in os.walk(folder, followlinks=True):
        here = Path(directory).resolve()
        if here in seen or not here.is_relative_to(root):
            children.clear()
            continue
        seen.add(here)
        yield from (path for name in files if (path := Path(directory, name)).resolve().is_relative_to(root))


def _matches(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, glob) or fnmatch.fnmatch(Path(name).name, glob) for glob in globs)


def read_document(path: Path, name: str) -> dict[str, Any]:
    """One document: `id` (of its name), `path`, `title`, `sha256` of the file, `text`, and `anchors`, each
    {"start", "anchor"} with the position in `text` from which on it holds.

    Raises:
        Unreadable: the file holds no text that can be read; the message says why.
    """
    if not path.is_file():
        raise Unreadable("no regular file")
    if path.stat().st_size > LARGEST:
        raise Unreadable(f"larger than {LARGEST:,} bytes")
    content = path.read_bytes()
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Unreadable(f"no reader for {path.suffix or 'a file without a suffix'}; there are {', '.join(sorted(READERS))}")
    parts = [Part(_line(part.anchor), text) for part in reader(content) if (text := _clean(part.text))]
    if not parts:
        raise Unreadable("no text in it")
    text, anchors = _join(parts)
    title = next((part.anchor for part in parts if part.anchor and not part.anchor.startswith("page ")), Path(name).stem)
    id_ = hashlib.sha256(name.encode()).hexdigest()[:16]
    return {
        "id": id_,
        "path": name,
        "title": title,
        "sha256": hashlib.sha256(content).hexdigest(),
        "text": text,
        "anchors": anchors,
    }


def _join(parts: Sequence[Part]) -> tuple[str, list[dict[str, Any]]]:
    text, anchors = "", []
    for part in parts:
        text += "\n\n" if text else ""
        anchors.append({"start": len(text), "anchor": part.anchor})
        text += part.text
    return text, anchors


def _clean(text: str) -> str:
    """NFC, single blanks, at most one empty line at a time, no control characters."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")
    kept = ("".join(mark for mark in line if mark == "\t" or unicodedata.category(mark) != "Cc") for line in lines)
    return GAPS.sub("\n\n", "\n".join(BLANKS.sub(" ", line).strip() for line in kept)).strip()


def _line(text: str) -> str:
    return " ".join(text.split())


def decode(content: bytes) -> str:
    """Text of unknown encoding: UTF-8 with or without a mark, UTF-16 with one, else the likeliest.

    Raises:
        Unreadable: binary, or in no encoding that can be told.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if b"\0" in content[:SAMPLE]:
        raise Unreadable("binary, not text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(content).best()
    if best is None:
        raise Unreadable("in no known encoding; save it as UTF-8")
    return str(best)


def _plain(content: bytes) -> list[Part]:
    return [Part("", decode(content))]


def _markdown(content: bytes) -> list[Part]:
    text = decode(content)
    starts = [(match.start(), match[1]) for match in HEADING.finditer(text)]
    places = [(0, ""), *starts, (len(text), "")]
    return [Part(anchor, text[start : places[index + 1][0]]) for index, (start, anchor) in enumerate(places[:-1])]


def _html(content: bytes) -> list[Part]:
    from bs4 import BeautifulSoup

    page = BeautifulSoup(decode(content), "lxml")
    for boilerplate in page(["script", "style", "nav", "footer", "header", "aside", "noscript", "template"]):
        boilerplate.decompose()
    for row in page("tr"):
        row.replace_with(" | ".join(cell.get_text(" ", strip=True) for cell in row(["th", "td"])) + "\n")
    parts = [Part("", "")]
    for element in (page.body or page).find_all(["h1", "h2", "h3", "h4", "p", "li", "pre", "table", "dt", "dd", "blockquote"]):
        text = element.get_text("" if element.name in ("pre", "table") else " ", strip=element.name not in ("pre", "table"))
        if element.name[0] == "h":
            parts.append(Part(text, f"{text}\n\n"))
        elif not element.find_parent(["li", "table", "blockquote", "pre"]):
            mark = "- " if element.name == "li" else ""
            parts[-1] = parts[-1]._replace(text=f"{parts[-1].text}{mark}{text}\n{'' if mark else chr(10)}")
    return parts


def _pdf(content: bytes) -> list[Part]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("encrypted; save it without a password")
        return [Part(f"page {number}", page.extract_text()) for number, page in enumerate(reader.pages, 1)]
    except (PyPdfError, ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise Unreadable(f"broken PDF ({str(error).splitlines()[0] if str(error) else type(error).__name__})") from None


def _docx(content: bytes) -> list[Part]:
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table

    _refuse_bomb(content)
    try:
        document = Document(BytesIO(content))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Unreadable(f"broken DOCX ({type(error).__name__})") from None
    parts = [Part("", "")]
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            text = "\n".join(" | ".join(_line(cell.text) for cell in row.cells) for row in block.rows)
        else:
            text = block.text
            style = str(block.style.name) if block.style is not None else ""
            if style.startswith(("Heading", "Title")) and text.strip():
                parts.append(Part(text, f"{text}\n\n"))
                continue
            text = f"- {text}" if style.startswith("List") and text.strip() else text
        parts[-1] = parts[-1]._replace(text=f"{parts[-1].text}{text}\n\n")
    return parts


def _refuse_bomb(content: bytes) -> None:
    try:
        files = zipfile.ZipFile(BytesIO(content)).infolist()
    except zipfile.BadZipFile:
        raise Unreadable("broken DOCX (no zip archive)") from None
    size = sum(file.file_size for file in files)
    if size > LARGEST or size > DENSEST * max(len(content), 1):
        raise Unreadable(f"unpacks to {size:,} bytes, {size // max(len(content), 1)} times its size")


READERS: dict[str, Callable[[bytes], list[Part]]] = {
    ".docx": _docx, ".htm": _html, ".html": _html, ".markdown": _markdown, ".md": _markdown, ".pdf": _pdf, ".txt": _plain,
}  # fmt: skip
