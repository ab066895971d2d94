"""HTML pages as text: the main content, tables as rows, lists as lines."""

from collections.abc import Iterator

import regex

from mbegu.extras import needs
from mbegu.sources.documents.documents import Part, one_line
from mbegu.sources.documents.encodings import decode

with needs("documents"):
    from bs4 import BeautifulSoup, Tag
    from bs4.dammit import EncodingDetector
    from bs4.element import NavigableString, PreformattedString

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LEFT_OUT = {"script", "style", "nav", "noscript", "template", "svg", "iframe", "object", "select", "button"}
AROUND = {"header", "footer", "aside"}  # outside the main content
INLINE = {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
          "mark", "q", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}  # fmt: skip
SPACE = regex.compile(r"\s+")
LONE_MARK = regex.compile(r"(?m)^(-|\p{Nd}+\.)[^\S\n]*\n\s*")


def read_html(content: bytes) -> list[Part]:
    """Parts of a page, one a heading; navigation and what stands around the main content is left out."""
    page = BeautifulSoup(decode(content, EncodingDetector.find_declared_encoding(content, is_html=True)), "lxml")
    found: list[tuple[str, list[str]]] = [("", [])]
    for piece in _flow(_main(page)):
        if isinstance(piece, Tag):
            heading = one_line("".join(text for text in _flow(piece) if isinstance(text, str)))
            found.append((heading, [f"{heading}\n\n"]))
        else:
            found[-1][1].append(piece)
    return [Part(heading, LONE_MARK.sub(r"\1 ", "".join(pieces))) for heading, pieces in found]


def _main(page: Tag) -> Tag:
    """The main content; without a mark of it, the whole body less its header, footer and asides."""
    articles = page.find_all("article")
    main = page.find("main") or page.find(role="main") or (articles[0] if len(articles) == 1 else None)
    if main is not None:
        return main
    body = page.body or page
    for tag in body(list(AROUND)):
        if not tag.find_parent("article"):
            tag.decompose()
    return body


def _flow(element: Tag) -> Iterator[str | Tag]:
    """Text with line breaks, and the headings as tags."""
    for child in element.children:
        if isinstance(child, Tag):
            yield from _element(child)
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):  # comments and the like
            yield SPACE.sub(" ", child)


def _element(tag: Tag) -> Iterator[str | Tag]:
    if tag.name in LEFT_OUT or tag.has_attr("hidden"):
        return
    if tag.name in HEADINGS:
        yield "\n\n"
        yield tag
    elif tag.name == "br":
        yield "\n"
    elif tag.name == "pre":
        yield f"\n\n{tag.get_text()}\n\n"
    elif tag.name == "li":
        yield from _item(tag)
    elif tag.name == "table" and (rows := _rows(tag)):
        yield "\n\n" + "\n".join(rows) + "\n\n"
    else:
        edge = "" if tag.name in INLINE else "\n\n"
        yield edge
        yield from _flow(tag)
        yield edge


def _item(tag: Tag) -> Iterator[str | Tag]:
    if not tag.get_text(strip=True):
        return
    ordered = tag.parent is not None and tag.parent.name == "ol"
    yield f"\n{1 + len(tag.find_previous_siblings('li'))}. " if ordered else "\n- "
    yield from _flow(tag)
    yield "\n"


def _rows(table: Tag) -> list[str]:
    """Rows as `a | b`; none if the table only lays out the page: one column, or tables and headings inside."""
    if table.find(["table", *HEADINGS]):
        return []
    rows = [[_text(cell) for cell in row.find_all(["td", "th"], recursive=False)] for row in table.find_all("tr")]
    if max(map(len, rows), default=0) < 2:
        return []
    caption = [_text(tag) for tag in table.find_all("caption")]
    return [*caption, *(" | ".join(row) for row in rows if any(row))]


def _text(tag: Tag) -> str:
    return one_line("".join(text for text in _flow(tag) if isinstance(text, str)))
