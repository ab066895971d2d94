"""The table of readers, and what they are guarded from."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.executors import Mapped, local
from mbegu.rows.ledger import Entry, Sieved
from mbegu.rows.row import Row
from mbegu.rows.shelf import Shelf
from mbegu.sources.documents.documents import Part, Unreadable, document, shown
from mbegu.sources.documents.docx import read_docx
from mbegu.sources.documents.epub import read_epub
from mbegu.sources.documents.html import read_html
from mbegu.sources.documents.lines import read_text
from mbegu.sources.documents.mail import read_mail
from mbegu.sources.documents.markdown import read_markdown
from mbegu.sources.documents.ocr import Ocr, check_same
from mbegu.sources.documents.odt import read_odt
from mbegu.sources.documents.pdf import read_pdf
from mbegu.sources.documents.rtf import read_rtf
from mbegu.sources.documents.sheets import read_csv, read_xlsx
from mbegu.sources.documents.slides import read_pptx
from mbegu.text.pointers import stand_in

STAGE = "ingest"
LARGEST = 50_000_000  # bytes of a file
READERS: dict[str, Callable[[bytes], list[Part]]] = {
    ".docx": read_docx, ".htm": read_html, ".html": read_html, ".markdown": read_markdown, ".md": read_markdown,
    ".pdf": read_pdf, ".txt": read_text,
    ".csv": read_csv, ".eml": read_mail, ".epub": read_epub, ".odt": read_odt, ".pptx": read_pptx, ".rtf": read_rtf,
    ".tsv": read_csv, ".xhtml": read_html, ".xlsx": read_xlsx,
}  # fmt: skip


Found = tuple[dict[str, Any], list[Part]]  # a record, and the parts that say what was left out of it


class File(NamedTuple):
    """A file as it was found: only this machine has the folder."""

    name: str  # its path below the folder
    content: bytes
    problem: str = ""  # why there is no content


def read_all(folder: Path, names: Iterable[str], ocr: Ocr | None = None, mapped: Mapped = local) -> Sieved[list[Row]]:
    """The records of files, and the ledger of those that can't be read or hold what another does, and of what was left out."""
    unread: list[Entry] = []
    return Sieved([*streamed(folder, names, unread, ocr, mapped)], unread)


def streamed(
    folder: Path, names: Iterable[str], unread: list[Entry] | Shelf[Entry], ocr: Ocr | None = None, mapped: Mapped = local
) -> Iterator[Row]:
    """The records of `read_all`, one at a time; `unread` learns the lines of its ledger."""
    known: dict[str, str] = {}  # where each content stands
    for name, one in mapped(partial(_read, ocr), _files(folder, names)):
        path = shown(name)
        try:
            found, lost = _or_raise(one)
            if found["sha256"] in known:
                raise Unreadable(f"same content as {known[found['sha256']]}")
            known[found["sha256"]] = path
            for part in lost:
                for reason in part.lost:
                    unread.append(_line(path, "changed", reason, page=part.page))
            yield found
        except Unreadable as error:
            unread.append(_line(path, "dropped", str(error)))


def _files(folder: Path, names: Iterable[str]) -> Iterator[File]:
    for name in names:
        try:
            yield File(name, opened(folder, name))
        except Unreadable as error:
            yield File(name, b"", str(error))


def _read(ocr: Ocr | None, file: File) -> tuple[str, Found | str]:
    """The name of a file, and what it holds or why it can't be read."""
    if file.problem:
        return file.name, file.problem
    if ocr:
        check_same(ocr)
    try:
        return file.name, parsed(file.name, file.content, ocr)
    except Unreadable as error:
        return file.name, str(error)


def _or_raise(found: Found | str) -> Found:
    if isinstance(found, str):
        raise Unreadable(found)
    return found


def _line(path: str, action: str, reason: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "stage": STAGE, "action": action, "reason": reason, **more}


def read_document(folder: Path, name: str, ocr: Ocr | None = None) -> Found:
    """The record (`documents.document`) of a file, and the parts that say what was left out of it.

    Args:
        name: its path below `folder`.
        ocr: what reads scanned pages.

    Raises:
        Unreadable: the file holds no text that can be read; the message says why.
    """
    return parsed(name, opened(folder, name), ocr)


def opened(folder: Path, name: str) -> bytes:
    """The content of a file below `folder`.

    Raises:
        Unreadable: it can't be opened, or none of ours may.
    """
    try:
        return _content(folder, folder / name)
    except (OSError, RuntimeError) as error:  # Python 3.11 raises the latter for a link to itself
        raise Unreadable(f"can't be opened ({getattr(error, 'strerror', None) or 'a link in a circle'})") from None


def parsed(name: str, content: bytes, ocr: Ocr | None = None) -> Found:
    """As `read_document`, of a file that was opened."""
    suffix = Path(name).suffix
    reader = READERS.get(suffix.lower())
    if reader is None:
        raise Unreadable(f"no reader for {suffix or 'a file without a suffix'}; there are {', '.join(READERS)}")
    try:
        parts = read_pdf(content, ocr) if reader is read_pdf else reader(content)
        return document(name, content, parts), [part for part in parts if part.lost]
    except Unreadable:
        raise
    except Exception as error:  # whatever a stranger's file does to a parser, the other files are read
        why = str(error).split("\n")[0] or type(error).__name__
        raise Unreadable(f"broken {suffix[1:].upper()} ({why})") from None


def _content(folder: Path, path: Path) -> bytes:
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Unreadable("a link that leads out of the folder")
    if path.is_dir():
        raise Unreadable("a link to a folder, whose files are read where they stand" if path.is_symlink() else "can't be opened")
    if not path.is_file():
        raise Unreadable("a link to nothing" if path.is_symlink() else "no regular file")
    if path.stat().st_size > LARGEST:
        raise Unreadable(f"larger than {LARGEST:,} bytes")
    content = path.read_bytes()
    if why := stand_in(content):
        raise Unreadable(why)
    return content
