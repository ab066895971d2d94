"""The table of readers, and what they are guarded from."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mbegu.rows.ledger import Sieved
from mbegu.sources.documents.documents import Part, Unreadable, document, shown
from mbegu.sources.documents.docx import read_docx
from mbegu.sources.documents.html import read_html
from mbegu.sources.documents.lines import read_text
from mbegu.sources.documents.markdown import read_markdown
from mbegu.sources.documents.pdf import read_pdf
from mbegu.text.pointers import stand_in

STAGE = "ingest"
LARGEST = 50_000_000  # bytes of a file
READERS: dict[str, Callable[[bytes], list[Part]]] = {
    ".docx": read_docx, ".htm": read_html, ".html": read_html, ".markdown": read_markdown, ".md": read_markdown,
    ".pdf": read_pdf, ".txt": read_text,
}  # fmt: skip


def read_all(folder: Path, names: Iterable[str]) -> Sieved:
    """The records of files, and the ledger of those that can't be read or hold what another does."""
    known: dict[str, str] = {}  # where each content stands
    read, unread = [], []
    for name in names:
        path = shown(name)
        try:
            found = read_document(folder, name)
            if found["sha256"] in known:
                raise Unreadable(f"same content as {known[found['sha256']]}")
            known[found["sha256"]] = path
            read.append(found)
        except Unreadable as error:
            unread.append({"path": path, "stage": STAGE, "action": "dropped", "reason": str(error)})
    return Sieved(read, unread)


def read_document(folder: Path, name: str) -> dict[str, Any]:
    """The record (`documents.document`) of a file.

    Args:
        name: its path below `folder`.

    Raises:
        Unreadable: the file holds no text that can be read; the message says why.
    """
    path = folder / name
    reader = READERS.get(path.suffix.lower())
    try:
        content = _content(folder, path)
    except (OSError, RuntimeError) as error:  # Python 3.11 raises the latter for a link to itself
        raise Unreadable(f"can't be opened ({getattr(error, 'strerror', None) or 'a link in a circle'})") from None
    if reader is None:
        raise Unreadable(f"no reader for {path.suffix or 'a file without a suffix'}; there are {', '.join(sorted(READERS))}")
    try:
        return document(name, content, reader(content))
    except Unreadable:
        raise
    except Exception as error:  # whatever a stranger's file does to a parser, the other files are read
        why = str(error).split("\n")[0] or type(error).__name__
        raise Unreadable(f"broken {path.suffix[1:].upper()} ({why})") from None


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
