"""Documents that are zip archives of XML: opened within bounds."""

import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from mbegu.extras import needs
from mbegu.sources.documents.documents import Unreadable

with needs("documents"):
    from lxml import etree

LARGEST = 50_000_000  # bytes that a file unpacks to
DENSEST = 100  # bytes unpacked for one packed; office files have about 10, bombs 1,000
SMALL = 100_000  # bytes that any file may unpack to


def refuse_bomb(content: bytes, kind: str) -> None:
    """Refuses an archive whose members are far larger than it; their declared sizes bind the unpacker too.

    Raises:
        Unreadable: it is no archive, or one to refuse.
    """
    try:
        members = zipfile.ZipFile(BytesIO(content)).infolist()
    except zipfile.BadZipFile:
        raise Unreadable(f"broken {kind} (no zip archive, or cut short)") from None
    size = sum(member.file_size for member in members)
    if size > LARGEST or size > max(SMALL, DENSEST * len(content)):
        raise Unreadable(f"unpacks to {size:,} bytes, {size // len(content)} times its size")


@contextmanager
def opened(content: bytes, kind: str) -> Iterator[zipfile.ZipFile]:
    """An archive.

    Raises:
        Unreadable: as `refuse_bomb`.
    """
    refuse_bomb(content, kind)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        yield archive


def xml(archive: zipfile.ZipFile, name: str) -> Any:
    """A member that is XML; of entities only those that XML itself has."""
    return etree.fromstring(archive.read(name), etree.XMLParser(resolve_entities=False, no_network=True))


def beside(name: str, reference: str) -> str:
    """The member that another refers to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), reference))
