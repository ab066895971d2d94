"""Readers of plain text, Markdown and PDF, and the table of all readers."""

from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import regex

from mbegu.rows.ledger import Sieved
from mbegu.sources.documents.documents import Part, Unreadable, document, shown
from mbegu.sources.documents.docx import read_docx
from mbegu.sources.documents.encodings import decode
from mbegu.sources.documents.html import read_html
from mbegu.sources.documents.lines import CELLS, parts

STAGE = "ingest"
LARGEST = 50_000_000  # bytes of a file
MOST_DRAWN = 20_000_000  # bytes of a PDF's unpacked page descriptions, of which pypdf reads about 0.5 million a second
HEADING = regex.compile(r"#{1,6}(?:\s+(.*?))?(?:\s+#+)?")
UNDERLINE = regex.compile(r"=+|--+")
BLOCK = regex.compile(r"[-+*]\s|[>|#<]|\p{Nd}+[.)]\s|```|~~~|(?:[-*_]\s*){3,}$|$")  # what begins or parts Markdown blocks
SETTING = regex.compile(r"[\w-]+:")  # in front matter
RULE = regex.compile(r"[\s|:-]+")  # between a table's head and body
CELL = regex.compile(r"(?<!\\)\|")
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
COLUMN = 25  # characters, above which what stands side by side is text in two columns rather than a table


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


def _content(folder: Path, path: Path) -> bytes:
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Unreadable("a link that leads out of the folder")
    if path.is_dir():
        raise Unreadable("a link to a folder, whose files are read where they stand" if path.is_symlink() else "can't be opened")
    if not path.is_file():
        raise Unreadable("a link to nothing" if path.is_symlink() else "no regular file")
    if path.stat().st_size > LARGEST:
        raise Unreadable(f"larger than {LARGEST:,} bytes")
    return path.read_bytes()


def read_text(content: bytes) -> list[Part]:
    """Parts of a text file, hard-wrapped or not."""
    lines = decode(content).replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")
    return parts([lines], numbered=False)


def read_markdown(content: bytes) -> list[Part]:
    """Parts of a Markdown file, one a heading; a paragraph is one line, a table row `a | b`, code as it stands."""
    found: list[tuple[str, list[str]]] = [("", [])]
    fence, table = "", False
    source = decode(content).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(source):
        lines, bare = found[-1][1], line.strip()
        row = not fence and bare.startswith("|")
        if fence:
            fence = "" if bare.startswith(fence) else fence
            lines.append(line)
        elif bare.startswith(("```", "~~~")) or (bare == "---" and number == 0 and SETTING.match("".join(source[1:2]))):
            fence = bare[:3]
            lines.append(line)
        elif heading := HEADING.fullmatch(bare):
            found.append((heading[1] or "", [bare]))
        elif lines and UNDERLINE.fullmatch(bare) and lines[-1] and not BLOCK.match(lines[-1]):
            title = lines.pop()
            found.append((title, [f"# {title}"]))
        elif row:
            lines += [] if RULE.fullmatch(bare) else [" | ".join(cell.strip() for cell in CELL.split(bare.strip("|")))]
        elif lines and not table and _goes_on(lines[-1], bare):
            lines[-1] = f"{lines[-1]} {bare.removeprefix('>').strip()}"
        else:
            lines.append(f"{bare}  " if line.endswith("  ") else bare)
        table = row
    return [Part(heading, "\n".join(lines)) for heading, lines in found]


def _goes_on(before: str, line: str) -> bool:
    """Whether a Markdown line continues the paragraph, list item or quotation before it."""
    if not before or before.startswith(("#", "```", "~~~", "---")) or before.endswith(("  ", "\\")):
        return False
    return not BLOCK.match(line) or (before.startswith(">") and line.startswith(">") and len(line) > 1)


def read_pdf(content: bytes) -> list[Part]:
    """Parts of a PDF, one a page or heading.

    Raises:
        Unreadable: encrypted, or pages that unpack to too much.
    """
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("encrypted; save it without a password")
    drawn, pages = 0, []
    for page in reader.pages:
        contents = page.get_contents()
        drawn += len(contents.get_data()) if contents is not None else 0
        if drawn > MOST_DRAWN:
            raise Unreadable(f"pages that unpack to more than {MOST_DRAWN:,} bytes")
        pages.append(_page(page).translate(LIGATURES).split("\n"))
    return parts(pages, numbered=True)


def _page(page: Any) -> str:
    """The text of a page as it is laid out, which shows tables and paragraphs; if that fails, in the order it is drawn."""
    plain = str(page.extract_text())
    try:
        laid_out = str(page.extract_text(extraction_mode="layout"))
    except Exception:  # pypdf calls this mode experimental
        return plain
    lost = len("".join(laid_out.split())) < 0.95 * len("".join(plain.split()))
    return plain if lost or _in_columns(laid_out) else laid_out


def _in_columns(text: str) -> bool:
    """Whether the lines of a page are long pieces side by side, which go on in the next line, and no table."""
    cells = [CELLS.split(line.strip()) for line in text.split("\n") if line.strip()]
    beside = [line for line in cells if len(line) > 1]
    pairs = [line for line in beside if len(line) == 2 and min(map(len, line)) > COLUMN]
    going_on = sum(left[0].islower() for left, _ in pairs)
    return len(pairs) > max(4, 0.8 * len(beside)) and (len(pairs) > len(cells) / 2 or going_on > len(pairs) / 3)


READERS: dict[str, Callable[[bytes], list[Part]]] = {
    ".docx": read_docx, ".htm": read_html, ".html": read_html, ".markdown": read_markdown, ".md": read_markdown,
    ".pdf": read_pdf, ".txt": read_text,
}  # fmt: skip
