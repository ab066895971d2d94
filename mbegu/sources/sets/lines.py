"""Lines of a text file that others wrote: compressed or not, in any encoding and with any line end that can be told."""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from mbegu.errors import BadInput
from mbegu.sources.documents.documents import Unreadable
from mbegu.sources.documents.encodings import decode
from mbegu.text.pointers import stand_in

HEAD = 1 << 16  # bytes of a file that tell its line ends
PACKED = (".gz", ".zst")


def suffix(path: Path) -> str:
    """The ending that tells the format, in small letters: that of `a.jsonl.gz` is ".jsonl"."""
    endings = [ending.lower() for ending in path.suffixes[-2:]]
    if endings and endings[-1] in PACKED:
        endings.pop()
    return endings[-1] if endings else ""


def lines(path: Path) -> Iterator[str]:
    """The lines with their ends, without byte order marks; a byte that can't be read is half a surrogate pair, U+DC80 to U+DCFF.

    UTF-8 is read as a stream, and so is UTF-16. At the first line that is neither, the whole file is read, as only all of it can
    tell its encoding.

    Raises:
        BadInput: the file can't be opened or unpacked; from the iterator.
    """
    try:
        with _opened(path) as file:
            yield from _decoded(file, path)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"{path}: {reason}; expected a file that can be read.") from None


def _opened(path: Path) -> io.BufferedReader:
    packed = path.suffix.lower()
    if packed == ".gz":
        return cast(io.BufferedReader, gzip.open(path, "rb"))
    if packed == ".zst":
        import pyarrow

        return io.BufferedReader(pyarrow.CompressedInputStream(pyarrow.OSFile(str(path)), "zstd"), HEAD)
    return io.BufferedReader(io.FileIO(path), HEAD)


def _decoded(file: io.BufferedReader, path: Path) -> Iterator[str]:
    if why := stand_in(file.peek(HEAD)[:HEAD]):
        raise BadInput(f"{path}: is {why}.")
    wide = _wide(file.peek(2)[:2])
    if wide:
        yield from io.TextIOWrapper(file, wide, errors="replace", newline="\n")
        return
    other: list[str] | None = None  # the lines in another encoding, once one is not UTF-8
    for number, raw in enumerate(_cut(file)):
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            other = _in_another_encoding(path) if other is None else other
            text = other[number] if number < len(other) else raw.decode(errors="surrogateescape")
        yield text.removeprefix("\ufeff")  # in mid-file too, where files were put together


def _wide(head: bytes) -> str:
    """Which UTF-16 it is, by its mark or by the NUL of its first character, as that of any table or JSON is ASCII; or ""."""
    if head in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if len(head) < 2 or head == b"\0\0" or 0 not in head:
        return ""
    return "utf-16-le" if head[0] else "utf-16-be"


def _cut(file: BinaryIO | io.BufferedReader) -> Iterable[bytes]:
    """Lines that end with a line feed, or with a carriage return if there is no line feed in the file."""
    head = file.peek(HEAD) if isinstance(file, io.BufferedReader | gzip.GzipFile) else b""
    if b"\r" not in head or b"\n" in head:
        return file
    content = file.read()
    return io.BytesIO(content if b"\n" in content else content.replace(b"\r", b"\n"))


def _in_another_encoding(path: Path) -> list[str]:
    """The lines in the file's own encoding; none if it has none, as UTF-8 that is broken somewhere."""
    with _opened(path) as file:
        content = b"".join(_cut(file))
    try:
        text = "" if b"\0" in content else decode(content)
    except Unreadable:
        return []
    return [f"{line}\n" for line in text.split("\n")] if text else []
