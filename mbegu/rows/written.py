"""What is surely wrong in a text that a person wrote, and that no stage will mend: characters that were read wrongly, control
characters, and what was to be replaced by a text."""

from collections.abc import Iterable
from pathlib import Path

import regex

from mbegu.errors import BadInput
from mbegu.rows.row import Row, place, read_rows, unique_ids

FIELDS = ("instruction", "input", "output")
CONTROL = regex.compile(r"[\p{Cc}--[\t\n\r\x85]]", regex.VERSION1)
LOST = "\N{REPLACEMENT CHARACTER}"
TODO = r"todo|tbd|fixme|xxx|placeholder|lorem ipsum\b.*"
SLOT = r"your|an?|the|insert|add|write|fill|answer|output|input|instruction|question|response|text|here|in"
PLACEHOLDER = regex.compile(
    rf"(?:{TODO}|(?:{SLOT})(?: (?:{SLOT}))* here)[.!:]*|\.\.\.|…"
    rf"|[<\[{{]+\s*(?:{TODO}|answer|response|question|instruction|(?:{SLOT})(?:[ _-](?:{SLOT}))+)\s*[>\]}}]+",
    regex.IGNORECASE | regex.DOTALL,
)
NO_INPUT = regex.compile(r"n/?a|none|nil|null|no input|-+", regex.IGNORECASE)


def read_seeds(path: Path) -> list[Row]:
    """Reads hand-written rows, some of them without an answer.

    Raises:
        BadInput: as `read_rows`, `unique_ids` and `check_written`.
    """
    rows = unique_ids(read_rows(path, answered=False), path)
    check_written(row for row in rows if place(row).startswith(f"{path}:"))
    return rows


def check_written(rows: Iterable[Row]) -> None:
    """Checks hand-written rows.

    Raises:
        BadInput: a text is at fault; all are named.
    """
    texts = ((place(row), field, row[field]) for row in rows for field in FIELDS)
    refuse(f"{where}: {field!r} {found}" for where, field, text in texts if (found := fault(text, field)))


def refuse(faults: Iterable[str]) -> None:
    """Raises `BadInput` with all faults, if there are any."""
    found = list(faults)
    if found:
        raise BadInput("; ".join(found) + ". Mend the text in the file.")


def fault(text: str, field: str = "") -> str | None:
    """What is wrong with a text, as the end of a sentence that begins with its field."""
    control = CONTROL.search(text)
    if control:
        return f"holds the control character U+{ord(control[0]):04X} at character {control.start() + 1}"
    if LOST in text:
        return f"holds U+FFFD at character {text.index(LOST) + 1}, where a character was lost; type it again"
    if PLACEHOLDER.fullmatch(text) or (field == "input" and NO_INPUT.fullmatch(text)):
        return f"is {text!r}, a placeholder; write the text" + (", or leave 'input' out" if field == "input" else "")
    text = text.replace("\x85", "\n")  # a line end, which also is an ellipsis in cp1252
    mended = _mended(text)
    return None if mended == text else f"was read in a wrong encoding: {_differing(text, mended)}; save the file as UTF-8"


def _mended(text: str) -> str:
    if text.isascii():
        return text
    from ftfy import TextFixerConfig, fix_encoding  # which needs a tenth of a second to load

    return fix_encoding(text, TextFixerConfig(replace_lossy_sequences=False, explain=False))


def _differing(text: str, mended: str) -> str:
    """The first word that mending changes, and what it would be."""
    pairs = zip(text.split(), mended.split(), strict=False)
    return next((f"{word!r} for {right!r}" for word, right in pairs if word != right), repr(text[:40]))
