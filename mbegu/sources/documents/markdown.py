"""Markdown files as text: headings, a paragraph a line, table rows as `a | b`, code as it stands."""

from collections.abc import Iterator

import regex

from mbegu.sources.documents.documents import Part
from mbegu.sources.documents.encodings import decode

HEADING = regex.compile(r"#{1,6}(?:\s+(.*?))?(?:\s+#+)?")
UNDERLINE = regex.compile(r"=+|--+")
BLOCK = regex.compile(r"[-+*]\s|[>|#<]|\p{Nd}+[.)]\s|```|~~~|(?:[-*_]\s*){3,}$|$")  # what begins or parts Markdown blocks
SETTING = regex.compile(r"[\w-]+:")  # in front matter
RULE = regex.compile(r"[\s|:-]+")  # between a table's head and body
CELL = regex.compile(r"(?<!\\)\|")


def read_markdown(content: bytes) -> list[Part]:
    """Parts of a Markdown file, one a heading."""
    found: list[tuple[str, list[str]]] = [("", [])]
    below_row = False
    for line, verbatim in _lines(decode(content)):
        lines, bare = found[-1][1], line.strip()
        row = not verbatim and bare.startswith("|")
        if verbatim:
            lines.append(line)
        elif row:
            lines += [] if RULE.fullmatch(bare) else [" | ".join(cell.strip() for cell in CELL.split(bare.strip("|")))]
        elif heading := HEADING.fullmatch(bare):
            found.append((heading[1] or "", [bare]))
        elif _underlines(lines, bare):
            title = lines.pop()
            found.append((title, [f"# {title}"]))
        elif not below_row and _goes_on(lines, bare):
            lines[-1] = f"{lines[-1]} {bare.removeprefix('>').strip()}"
        else:
            lines.append(f"{bare}  " if line.endswith("  ") else bare)
        below_row = row
    return [Part(heading, "\n".join(lines)) for heading, lines in found]


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it stands as it is: code between fences, and front matter."""
    fence = ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    front = lines[0].strip() == "---" and SETTING.match("".join(lines[1:2])) is not None
    for number, line in enumerate(lines):
        bare = line.strip()
        opens = not fence and (bare.startswith(("```", "~~~")) or (front and number == 0))
        yield line, bool(fence) or opens
        if opens or bare.startswith(fence):
            fence = bare[:3] if opens else ""


def _underlines(lines: list[str], bare: str) -> bool:
    """Whether a line turns the one before it into a heading."""
    return bool(lines and UNDERLINE.fullmatch(bare) and lines[-1] and not BLOCK.match(lines[-1]))


def _goes_on(lines: list[str], bare: str) -> bool:
    """Whether a line continues the paragraph, list item or quotation before it."""
    before = lines[-1] if lines else ""
    if not before or before.startswith(("#", "```", "~~~", "---")) or before.endswith(("  ", "\\")):
        return False
    return not BLOCK.match(bare) or (before.startswith(">") and bare.startswith(">") and len(bare) > 1)
