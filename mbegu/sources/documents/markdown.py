"""Markdown files as text: headings, a paragraph a line, table rows as `a | b`, code as it stands."""

from collections.abc import Iterator, Mapping

import regex

from mbegu.sources.documents.documents import Part
from mbegu.sources.documents.encodings import decode

HEADING = regex.compile(r"#{1,6}(?:\s+(.*?))?(?:\s+#+)?")
UNDERLINE = regex.compile(r"=+|--+")
BLOCK = regex.compile(r"[-+*]\s|[>|#<]|\p{Nd}+[.)]\s|```|~~~|(?:[-*_]\s*){3,}$|$")  # what begins or parts Markdown blocks
SETTING = regex.compile(r"[\w-]+:")  # in front matter
RULE = regex.compile(r"[\s|:-]+")  # between a table's head and body
FENCE = regex.compile(r"(`{3,})[^`]*|(~{3,}).*")
MARK = regex.compile(r"`+|<!--")
NOTE = regex.compile(r"\[[^\]]+\]:\s*(?:#|<>)\s*(?:\(.*\)|\".*\"|'.*')?\s*")  # a link to nowhere, as a comment
CELL = regex.compile(r"(?<!\\)\|")


def read_markdown(content: bytes) -> list[Part]:
    """Parts of a Markdown file, one a heading; comments are left out."""
    found: list[tuple[str, list[list[str]]]] = [("", [])]  # of each line, the pieces
    comments: list[str] = []
    below_row = False
    for line, verbatim in _lines(decode(content), comments):
        lines, bare = found[-1][1], line.strip()
        row = not verbatim and bare.startswith("|")
        if verbatim:
            lines.append([line])
        elif row:
            lines += [] if RULE.fullmatch(bare) else [[" | ".join(cell.strip() for cell in CELL.split(bare.strip("|")))]]
        elif heading := HEADING.fullmatch(bare):
            found.append((heading[1] or "", [[bare]]))
        elif _underlines(lines, bare):
            title = " ".join(lines.pop())
            found.append((title, [[f"# {title}"]]))
        elif not below_row and _goes_on(lines, bare):
            lines[-1].append(bare.removeprefix(">").strip())
        else:
            lines.append([f"{bare}  " if line.endswith("  ") else bare])
        below_row = row
    words = sum(len(comment.split()) for comment in comments)
    parts = [Part(heading, "\n".join(map(" ".join, lines))) for heading, lines in found]
    return [parts[0]._replace(lost=(f"words in comments left out: {words}",) if words else ()), *parts[1:]]


def _lines(text: str, comments: list[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it stands as it is: code between fences, and front matter. Comments go to `comments`."""
    fence, commented = "", False
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    last = max((number for number, line in enumerate(lines) if "-->" in line), default=-1)  # an open comment is text
    front = lines[0].strip() == "---" and SETTING.match("".join(lines[1:2])) is not None
    for number, line in enumerate(lines):
        if not fence and (commented or "<!--" in line or NOTE.fullmatch(line)):
            line, commented = _uncommented(line, commented, number < last, comments)
        bare = line.strip()
        opened = None if fence else FENCE.fullmatch(bare)
        opens = opened is not None or (front and number == 0)
        yield line, bool(fence) or opens
        if opens:
            fence = (opened[1] or opened[2]) if opened else "---"
        elif fence and bare.startswith(fence) and not bare.strip(fence[0]):  # as long as the one that opened it, or longer
            fence = ""


def _uncommented(line: str, commented: bool, closed_below: bool, comments: list[str]) -> tuple[str, bool]:
    """A line without the comments in it, but for those in `code`; and whether one goes on below."""
    if not commented and NOTE.fullmatch(line):
        comments.append(line)
        return "", False
    ends = {len(found[0]): found.start() for found in MARK.finditer(line) if found[0][0] == "`"}  # of each length, the last
    kept, place = "", 0
    while True:
        start = place if commented else _comment(line, place, ends)
        end = line.find("-->", start if commented else start + 2) if start >= 0 else -1
        if start < 0 or (end < 0 and not commented and not closed_below):
            return kept + line[place:], False
        kept += line[place:start]
        comments.append(line[start : end if end >= 0 else len(line)].removeprefix("<!--"))
        if end < 0:
            return kept, True
        place, commented = end + 3, False


def _comment(line: str, place: int, ends: Mapping[int, int]) -> int:
    """Where the next comment begins that is not in `code`; -1 if there is none."""
    while mark := MARK.search(line, place):
        if mark[0] == "<!--":
            return mark.start()
        place = mark.end()
        if ends[len(mark[0])] > mark.start():  # code, up to as many backticks
            closing = regex.compile(rf"(?<!`){mark[0]}(?!`)").search(line, place)
            place = closing.end() if closing else place
    return -1


def _underlines(lines: list[list[str]], bare: str) -> bool:
    """Whether a line turns the one before it into a heading."""
    return bool(lines and UNDERLINE.fullmatch(bare) and lines[-1] != [""] and not BLOCK.match(" ".join(lines[-1])))


def _goes_on(lines: list[list[str]], bare: str) -> bool:
    """Whether a line continues the paragraph, list item or quotation before it."""
    first, last = (lines[-1][0], lines[-1][-1]) if lines else ("", "")
    if not first or first.startswith(("#", "```", "~~~", "---")) or last.endswith(("  ", "\\")):
        return False
    return not BLOCK.match(bare) or (first.startswith(">") and bare.startswith(">") and len(bare) > 1)
