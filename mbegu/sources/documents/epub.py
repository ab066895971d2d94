"""EPUB books as text: the pages of their spine, each read as an HTML page."""

from typing import Any
from urllib.parse import unquote

from mbegu.sources.documents.archives import beside, opened, xml
from mbegu.sources.documents.documents import Part, Unreadable
from mbegu.sources.documents.html import read_html

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
PAGES = ("application/xhtml+xml", "text/html")


def read_epub(content: bytes) -> list[Part]:
    """Parts of a book, in reading order, without its table of contents.

    Raises:
        Unreadable: no archive, one that unpacks to far more than it should, or an encrypted book.
    """
    with opened(content, "EPUB") as archive:
        name = next(_all(xml(archive, CONTAINER), "rootfile")).get("full-path")
        package = xml(archive, name)
        items = {item.get("id"): item for item in _all(package, "item")}
        shown = [items[one.get("idref")] for one in _all(package, "itemref") if one.get("idref") in items]
        pages = [beside(name, unquote(item.get("href", ""))) for item in shown if _is_page(item)]
        if ENCRYPTION in archive.namelist() and set(pages) & set(_encrypted(xml(archive, ENCRYPTION))):
            raise Unreadable("encrypted; read it where it may be read")
        there = [page for page in pages if page in archive.namelist()]
        parts = [part for page in there for part in read_html(archive.read(page))]
    lost = (f"pages that are not in it: {len(pages) - len(there)}",) if len(there) < len(pages) else ()
    return [Part("", "", lost=lost), *parts]


def _all(element: Any, name: str) -> Any:
    return element.iter(f"{{*}}{name}")


def _is_page(item: Any) -> bool:
    return item.get("media-type") in PAGES and "nav" not in item.get("properties", "").split()


def _encrypted(element: Any) -> list[str]:
    return [unquote(found.get("URI", "")) for found in _all(element, "CipherReference")]
