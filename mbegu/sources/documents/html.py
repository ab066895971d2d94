"""HTML pages as text: the main content, tables as rows, lists as lines."""

from collections.abc import Callable, Iterator

import regex

from mbegu.extras import needs
from mbegu.sources.documents.documents import Part, one_line
from mbegu.sources.documents.encodings import decode
from mbegu.sources.documents.grid import Cell, laid_out

with needs("documents"):
    from bs4 import BeautifulSoup, Tag
    from bs4.dammit import EncodingDetector
    from bs4.element import NavigableString, PreformattedString

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LEFT_OUT = {"script", "style", "nav", "noscript", "template", "svg", "iframe", "object", "select", "button", "datalist", "audio",
            "video", "canvas", "noframes", "annotation", "annotation-xml"}  # the last two say a formula again  # fmt: skip
AROUND = {"header", "footer", "aside"}  # outside the main content
INLINE = {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
          "mark", "q", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}  # fmt: skip
SPACE = regex.compile(r"\s+")
UNSEEN = regex.compile(r"(?i)(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b")  # in a style attribute
WHOLE = regex.compile(r"-?[0-9]{1,6}")
LONE_MARK = regex.compile(r"(?m)^(-|\p{Nd}+\.)[^\S\n]*\n\s*")


def read_html(content: bytes) -> list[Part]:
    """Parts of a page, one a heading; navigation and what stands around the main content is left out, and what nobody sees."""
    page = BeautifulSoup(decode(content, EncodingDetector.find_declared_encoding(content, is_html=True)), "lxml")
    unseen = _without_unseen(page)
    main = _main(page)
    try:
        parts = _parts(main)
    except RecursionError:  # tags that nobody closed stand in each other
        parts = [Part("", main.get_text("\n"))]
    return [parts[0]._replace(lost=(f"hidden words left out: {unseen}",) if unseen else ()), *parts[1:]]


def _parts(main: Tag) -> list[Part]:
    found: list[tuple[str, list[str]]] = [("", [])]
    for piece in _flow(main):
        if isinstance(piece, Tag):
            heading = one_line("".join(text for text in _flow(piece) if isinstance(text, str)))
            found.append((heading, [f"{heading}\n\n"]))
        else:
            found[-1][1].append(piece)
    return [Part(heading, LONE_MARK.sub(r"\1 ", "".join(pieces))) for heading, pieces in found]


def _tags(element: Tag, *names: str) -> Iterator[Tag]:
    """As `find_all`, in a tenth of the time."""
    return (tag for tag in element.descendants if isinstance(tag, Tag) and tag.name in names)


def _outermost(element: Tag, wanted: Callable[[Tag], bool], closed: str = "") -> list[Tag]:
    """The tags that are wanted and stand in no other one, nor in one of the name `closed`."""
    inner, found = set(), []
    for tag in element.descendants:
        if not isinstance(tag, Tag):
            continue
        if id(tag.parent) in inner or tag.name == closed:
            inner.add(id(tag))
        elif wanted(tag):
            inner.add(id(tag))
            found.append(tag)
    return found


def _without_unseen(page: Tag) -> int:
    """Takes what a browser does not show out of a page, and says how many words that were."""
    unseen = _outermost(page, _unseen)
    words = sum(len(tag.get_text(" ").split()) for tag in unseen)
    for tag in unseen:
        tag.decompose()
    return words


def _unseen(tag: Tag) -> bool:
    return (
        (tag.has_attr("hidden") and str(tag["hidden"]).lower() != "until-found")  # which a search in the page shows
        or str(tag.get("aria-hidden")).lower() == "true"
        or UNSEEN.search(str(tag.get("style"))) is not None
        or tag.name == "textarea"
        or (tag.name == "dialog" and not tag.has_attr("open"))
    )


def _main(page: Tag) -> Tag:
    """The main content; without a mark of it, the whole body less its header, footer and asides."""
    articles = list(_tags(page, "article"))
    main = next(_tags(page, "main"), None) or page.find(role="main") or (articles[0] if len(articles) == 1 else None)
    if main is not None:
        return main
    body = page.body or page
    for tag in _outermost(body, lambda tag: tag.name in AROUND, "article"):
        tag.decompose()
    return body


def _flow(element: Tag) -> Iterator[str | Tag]:
    """Text with line breaks, and the headings as tags."""
    number = _whole(element, "start", 1)
    for child in element.children:
        if isinstance(child, Tag) and child.name == "li":
            number = _whole(child, "value", number)
            yield from _item(child, f"{number}." if element.name == "ol" else "-")
            number += 1
        elif isinstance(child, Tag):
            yield from _element(child)
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):  # comments and the like
            yield SPACE.sub(" ", child)


def _element(tag: Tag) -> Iterator[str | Tag]:
    if tag.name in LEFT_OUT:
        return
    if tag.name in HEADINGS:
        yield "\n\n"
        yield tag
    elif tag.name == "br":
        yield "\n"
    elif tag.name == "pre":
        yield f"\n\n{tag.get_text()}\n\n"
    elif tag.name == "table" and (rows := _rows(tag)):
        yield "\n\n" + "\n".join(rows) + "\n\n"
    else:
        edge = "" if tag.name in INLINE else "\n\n"
        yield edge
        yield from _flow(tag)
        yield edge


def _whole(tag: Tag, name: str, otherwise: int) -> int:
    """An attribute that is a whole number."""
    value = str(tag.get(name, "")).strip()
    return int(value) if WHOLE.fullmatch(value) else otherwise


def _item(tag: Tag, mark: str) -> Iterator[str | Tag]:
    if not tag.get_text(strip=True):
        return
    yield f"\n{mark} "
    yield from _flow(tag)
    yield "\n"


def _rows(table: Tag) -> list[str]:
    """Rows as `a | b`; none if the table only lays out the page: one column, or tables and headings inside."""
    if next(_tags(table, "table", *HEADINGS), None):
        return []
    rows = [[cell for cell in row.children if isinstance(cell, Tag) and cell.name in ("td", "th")] for row in _tags(table, "tr")]
    if max(map(len, rows), default=0) < 2:
        return []
    caption = [_text(tag) for tag in _tags(table, "caption")]
    cells = [[Cell(_text(cell), _whole(cell, "colspan", 1), _down(cell, len(rows))) for cell in row] for row in rows]
    return [*caption, *(" | ".join(row) for row in laid_out(cells) if any(row))]


def _down(cell: Tag, most: int) -> int:
    return min(most, _whole(cell, "rowspan", 1) or most)  # 0: as far as the table goes


def _text(tag: Tag) -> str:
    return one_line("".join(text for text in _flow(tag) if isinstance(text, str)))
