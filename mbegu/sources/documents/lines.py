"""Lines that were broken to fit a page, as whole paragraphs again: PDF files and hard-wrapped text."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from mbegu.sources.documents.documents import Part, one_line
from mbegu.sources.documents.encodings import decode

Page = Sequence[str]  # its lines from the top, indented as they stand
Cell = tuple[int, str]  # the column in which its text begins, and the text
EDGE = 3  # lines at the top and at the bottom of a page that may be a running header or footer
NARROWEST, WIDEST = 30, 160  # characters: shorter lines are no prose, longer ones were not broken to fit
FULL = 0.9  # of the usual width; in proportional type, full lines differ in their number of characters
LONGEST_HEADING = 100  # characters
ITEM = regex.compile(r"\s*(?:[-–•▪●◦‣·*]|\(?\p{Nd}{1,3}[.)]|\(?\p{L}\))\s+(?=\S)")
CELLS = regex.compile(r"(?<![\p{Sentence_Terminal}:;,]) {2,}| {4,}|\t+")  # typists put two blanks after a full stop
WIDE = regex.compile(r"\S(?: {4,}|\t+)\S")
ENDED = regex.compile(r"[\p{Sentence_Terminal}:;,…][\p{Pe}\p{Pf}\"']*$")
SECTION = regex.compile(r"\p{Nd}+(?:\.\p{Nd}+)+\.?\s")  # "2.1 The panel" is a heading without an empty line above it too
DIGITS = regex.compile(r"\p{Nd}+")
WORD = regex.compile(r"\p{L}+")
HYPHENATED = regex.compile(r"(?r)(\p{L}[\p{L}-]*)[-‐]$")  # from the end, as a line may be long
NEAR = 100  # characters at the end of a block, of which one tells whether a sentence ends there


class Line(NamedTuple):
    """A line of a page, or a table's row of several."""

    page: int
    kind: str  # "text", "item" or "row"
    text: str  # empty for an empty line
    raw: str  # as it stands on the page; "" for a row


class Block(NamedTuple):
    """A paragraph, list item, heading or table row."""

    text: str
    page: int
    kind: str  # "text", "item" or "row"
    glue: str  # what stands between the block before and this one
    last: str  # its last line as it stood on the page
    lines: int = 1


class Habits(NamedTuple):
    """What the lines of a document have in common."""

    width: float  # characters of a full line; infinite if lines were not broken to fit
    vocabulary: set[str]


def read_text(content: bytes) -> list[Part]:
    """Parts of a text file, hard-wrapped or not."""
    lines = decode(content).replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")
    return parts([lines], numbered=False)


def parts(pages: Sequence[Page], *, numbered: bool) -> list[Part]:
    """Paragraphs of pages, under their headings.

    Lines are joined where the next word would not have fitted on the line; hyphens that part a word at a line's end
    go; columns become `a | b`; what most pages repeat at their edges is left out.

    Args:
        numbered: whether the parts carry page numbers, from 1.
    """
    kept = without_running_lines(pages)
    blocks = _blocks(kept, _habits(kept))
    found = [(Part("", "", 1 if numbered else None), [""])]  # with the pieces of its text
    for place, block in enumerate(blocks):
        page = block.page if numbered else None
        if _is_heading(blocks, place):
            found.append((Part(block.text, "", page, block.glue), [block.text]))
        elif page != found[-1][0].page:
            found.append((Part(found[-1][0].anchor, "", page, block.glue), [block.text]))
        else:
            found[-1][1].extend((block.glue, block.text))
    return [part._replace(text="".join(pieces)) for part, pieces in found]


def without_running_lines(pages: Sequence[Page]) -> list[list[str]]:
    """The pages without headers and footers: lines at the edges that most pages have, whatever the digits in them."""
    counts = Counter(key for page in pages for key in {_key(page[place]) for place in [*_top(page), *_bottom(page)]})
    common = {key for key, count in counts.items() if count > max(1, len(pages) / 2)}
    kept = [_strip(page, common) for page in pages]
    return kept if any(line.strip() for page in kept for line in page) else [list(page) for page in pages]


def _key(line: str) -> str:
    return DIGITS.sub("0", one_line(line))


def _top(page: Page) -> list[int]:
    return [place for place, line in enumerate(page) if line.strip()][:EDGE]


def _bottom(page: Page) -> list[int]:
    return [place for place, line in enumerate(page) if line.strip()][: -EDGE - 1 : -1]


def _strip(page: Page, common: set[str]) -> list[str]:
    gone = set()
    for edge in (_top(page), _bottom(page)):
        for place in edge:  # from the edge inwards, up to the first line that is the page's own
            if _key(page[place]) not in common:
                break
            gone.add(place)
    return [line for place, line in enumerate(page) if place not in gone]


def _habits(pages: Sequence[Page]) -> Habits:
    lines = [line.rstrip() for page in pages for line in page]
    lengths = sorted(len(line) for line in lines if line and not CELLS.search(line.lstrip()))
    width = lengths[math.ceil(0.95 * len(lengths)) - 1] if lengths else 0  # a few lines stick out
    words = {word.lower() for line in lines for word in WORD.findall(HYPHENATED.sub("", line))}
    return Habits(width if NARROWEST <= width <= WIDEST else float("inf"), words)


def _blocks(pages: Sequence[Page], habits: Habits) -> list[Block]:
    found: list[Block] = []
    gap = False  # whether the line before was empty
    for line in _lines(pages):
        before = found[-1] if found else None
        if before and line.kind == "text" and not _listed(found) and _continues(before, line, habits, gap=gap):
            found[-1:] = _joined(before, line, habits.vocabulary)
        elif line.text:
            glue = "\n\n" if gap or (before and _apart(before, line)) else "\n"
            found.append(Block(line.text, line.page, line.kind, glue, line.raw))
        gap = not line.text
    return found


def _joined(before: Block, line: Line, vocabulary: set[str]) -> list[Block]:
    """The block with the line that continues it; over the end of a page, two blocks."""
    text, glue = _glue(before.text, line.text, vocabulary)
    if before.page != line.page:
        return [before._replace(text=text), Block(line.text, line.page, before.kind, glue, line.raw, 2)]
    return [before._replace(text=text + glue + line.text, last=line.raw, lines=before.lines + 1)]


def _apart(before: Block, line: Line) -> bool:
    """Whether the line begins a page or a table, or follows one."""
    return before.page != line.page or (before.kind != line.kind and "row" in (before.kind, line.kind))


def _lines(pages: Sequence[Page]) -> Iterator[Line]:
    for number, page in enumerate(pages, 1):
        for row, raw in _rows(page):
            if row:
                yield Line(number, "row", " | ".join(text for _, text in row), "")
            else:
                yield Line(number, "item" if ITEM.match(raw) else "text", one_line(raw), raw)


def _rows(page: Page) -> list[tuple[list[Cell], str]]:
    """The cells of each row of a table, a row's lines joined; or none, and the line."""
    lines = [_cells(line) if line.strip() else [] for line in page]
    found: list[tuple[list[Cell], str]] = []
    for place, cells in enumerate(lines):
        if not cells:
            found.append(([], page[place]))
            continue
        row = found[-1][0] if found else []
        if row and _fills(row, cells):
            rest = dict(cells)
            found[-1] = ([(start, f"{text} {rest[start]}" if start in rest else text) for start, text in row], "")
            continue
        beside = any(len(other) > 1 for other in lines[max(place - 1, 0) : place] + lines[place + 1 : place + 2])
        found.append((cells, "") if len(cells) > 1 and (beside or WIDE.search(page[place])) else ([], page[place]))
    return found


def _cells(line: str) -> list[Cell]:
    marker = ITEM.match(line)
    body = marker.end() if marker else len(line) - len(line.lstrip())
    gaps = [gap for gap in CELLS.finditer(line.rstrip()) if gap.start() >= body]
    starts, ends = [body, *(gap.end() for gap in gaps)], [*(gap.start() for gap in gaps), len(line)]
    cells = [(start, one_line(line[start:end])) for start, end in zip(starts, ends, strict=True) if line[start:end].strip()]
    return [(cells[0][0], f"{one_line(marker[0])} {cells[0][1]}"), *cells[1:]] if marker else cells


def _fills(row: Sequence[Cell], cells: Sequence[Cell]) -> bool:
    """Whether a line holds the rest of cells, not of the first one, that were too narrow for their text."""
    return {start for start, _ in cells} <= {start for start, _ in row[1:]} and all(WORD.search(text) for _, text in cells)


def _continues(before: Block, line: Line, habits: Habits, *, gap: bool) -> bool:
    """Whether a line of text continues the block before it, over no gap but that between pages."""
    turned = before.page != line.page
    ended = ENDED.search(before.text[-NEAR:]) is not None
    if not line.text or (gap and not turned) or before.kind == "row" or (turned and ended):
        return False
    full = len(before.last.rstrip()) + 1 + len(line.raw.split()[0]) > FULL * habits.width
    return full or (line.raw.strip()[0].islower() and not ended and habits.width < float("inf"))


def _listed(blocks: Sequence[Block]) -> bool:
    """Whether the last two blocks are lines below each other, indented alike: a list without marks, such as of names."""
    if len(blocks) < 2 or blocks[-1].glue != "\n" or max(block.lines for block in blocks[-2:]) > 1:
        return False
    above, last = (len(block.last) - len(block.last.lstrip()) for block in blocks[-2:])
    return above == last > 0 and blocks[-1].kind == "text"


def _glue(before: str, after: str, vocabulary: set[str]) -> tuple[str, str]:
    """The text before, without its hyphen if that only parts a word; and what joins the text after to it."""
    parted = HYPHENATED.search(before[before.rfind(" ") + 1 :])
    if parted is None:
        return before, " "
    head, tail = parted[1].lower(), (WORD.match(after) or [""])[0]
    compound = not tail.islower() or "-" in head or (head in vocabulary and tail in vocabulary)
    return (before, "") if compound and head + tail not in vocabulary else (before[:-1], "")


def _is_heading(blocks: Sequence[Block], place: int) -> bool:
    """A short line on its own, without a full stop, that something follows."""
    block, after = blocks[place], blocks[place + 1 : place + 2]
    if block.lines > 1 or len(block.text) > LONGEST_HEADING or ENDED.search(block.text) or not after:
        return False
    first = WORD.search(block.text)
    section = SECTION.match(block.text) is not None
    if first is None or first[0][0].islower() or not (section or place == 0 or block.glue == "\n\n"):
        return False
    numbered_item = block.kind == "item" and block.text[0].isdigit() and after[0].kind != "item"
    return block.kind == "text" or numbered_item
