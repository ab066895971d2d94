"""Markdown that shows a text as it is, and tables that read as plain text too."""

import re

LINE_END = re.compile(r"\r\n|\r|\n")  # CommonMark 0.31, §2.1
# What begins markup anywhere, in CommonMark and on GitHub: tables, strikethrough, formulas, mentions, bare addresses.
INLINE = re.compile(r"[\\`*_\[\]<>&|~$@]|:(?=//)|(?<=www)\.")
BLOCK = re.compile(r"\d+(?=[.)])|(?=[#+=:-])")  # what begins a heading, list or rule at the start of a line


def table(lines: list[list[str]]) -> str:
    """A table in Markdown, columns padded so that it reads as plain text too."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rule = "-|-".join("-" * width for width in widths)
    header, *rows = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([f"| {header} |", f"|-{rule}-|", *(f"| {row} |" for row in rows)]) + "\n"


def inline(text: object) -> str:
    """Text on one line in which nothing is markup, also in a table's cell."""
    return literal(" ".join(str(text).split()))


def quoted(text: str) -> str:
    """A quoted block that shows `text` as it is, line by line.

    >>> print(quoted("1. Fee: <b>5 %</b>"))
    > 1\\. Fee: \\<b\\>5 %\\</b\\>
    """
    lines = [literal(line) for line in LINE_END.split(text)]
    # a backslash at the end keeps the line end, which Markdown would else show as a blank
    ends = ["\\" if line and after else "" for line, after in zip(lines, [*lines[1:], ""], strict=True)]
    return "\n".join(f"> {line}{end}".rstrip(" ") for line, end in zip(lines, ends, strict=True))


def literal(line: str) -> str:
    """A line in which nothing is markup; blanks at its start stay."""
    text = line.strip(" \t")
    indent = line[: len(line) - len(line.lstrip(" \t"))].expandtabs(4) if text else ""
    escaped = INLINE.sub(r"\\\g<0>", text)
    block = BLOCK.match(escaped)
    if block:
        escaped = f"{block[0]}\\{escaped[block.end() :]}"
    return "&nbsp;" * len(indent) + escaped


def blockquote(text: str) -> str:
    """Markdown as a block quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().split("\n"))


def fenced(text: str, language: str = "text") -> str:
    """Text as a code block that it can't end: its fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.strip(chr(10)).replace(chr(0), chr(0xFFFD))}\n{fence}"
