"""Rows of a large file, a page at a time: searched and filtered without holding them all in memory."""

import json
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.rows.journal import CONFLICT, refuse_conflict
from mbegu.rows.jsonl import read_lines
from mbegu.rows.ledger import KEYS as LEDGER
from mbegu.rows.row import KEYS, Row, parse_row
from mbegu.text.ethiopic import HOMOPHONES
from mbegu.text.words import INVISIBLE, words

ORIGINS = ("seed", "generated", "document", "message", "reviewed")  # kinds of rows that stand in a version
FIELDS = ("instruction", "input", "output")
SAID = ("stage", "action", "reason")  # without which a line of a ledger says nothing


class Wanted(NamedTuple):
    """Which rows to show; every default lets all pass."""

    text: str = ""  # words, each of which stands somewhere in the row, as part of a word or whole
    origin: str = ""  # kind of the row
    reason: str = ""  # how the reason begins for which it was dropped or changed; for ledgers
    least: int = 0  # words of the answer
    most: int | None = None


class Shown(NamedTuple):
    """A row and what a ledger says of it; nothing, in a file of rows."""

    row: Row
    said: dict[str, Any]


class Page(NamedTuple):
    """Some of the rows."""

    rows: list[Shown]
    total: int  # rows that are wanted, on all pages


def browse(paths: list[Path], wanted: Wanted, start: int, count: int) -> Page:
    """The `count` rows from the `start`th wanted one on, of files of rows or of ledgers, in their order.

    A file of 100,000 rows takes a tenth of a second where all are wanted, and a second or two where each has to be looked at.

    Raises:
        BadInput: a file can't be read; told by line.
    """
    kept, total = [], 0
    test = _test(wanted)
    for path in paths:
        for number, line in _lines(path):
            if test is None or test(_parsed(line, path, number)):
                if start <= total < start + count:
                    kept.append(_shown(_parsed(line, path, number), path, number))
                total += 1
    return Page(kept, total)


def reasons_in(paths: list[Path]) -> list[str]:
    """The reasons of ledgers up to what names the case, in the order of their first line."""
    found = (str(_parsed(line, path, number).get("reason", "")) for path in paths for number, line in _lines(path))
    return list(dict.fromkeys(reason.partition(":")[0] for reason in found))


def folded(text: str) -> str:
    """Text as it is searched: without case, invisible characters, and differences between letters that Amharic says alike."""
    return INVISIBLE.sub("", unicodedata.normalize("NFC", text)).casefold().translate(HOMOPHONES)


def _test(wanted: Wanted) -> Callable[[dict[str, Any]], bool] | None:
    """Whether a line is wanted; None if all are."""
    if wanted == Wanted():
        return None
    terms = folded(wanted.text).split()

    def test(value: dict[str, Any]) -> bool:
        row = value.get("row", value)
        if wanted.origin and row.get("origin", {"kind": "seed"}).get("kind") != wanted.origin:
            return False
        if wanted.reason and not str(value.get("reason", "")).startswith(wanted.reason):
            return False
        if (wanted.least or wanted.most is not None) and not _fits(_text(row, "output"), wanted):
            return False
        text = folded("\n".join(_text(row, field) for field in FIELDS)) if terms else ""
        return all(term in text for term in terms)

    return test


def _fits(answer: str, wanted: Wanted) -> bool:
    count = len(words(answer))
    return count >= wanted.least and (wanted.most is None or count <= wanted.most)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbers of lines that hold something, and the lines; `BadInput` at a mark that a merge left."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line[:1] in b"<=>|" and CONFLICT.match(line):
                    refuse_conflict(path)
                if not line.isspace():
                    yield number, line
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; build it with `dvc repro`.") from None


def _parsed(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except ValueError:
        value = None
    if not isinstance(value, dict) or not _is_row(value):
        for where, found in read_lines(path, (*KEYS, *LEDGER)):  # which says what is wrong, and where
            if "row" not in found:
                parse_row(found, where, answered=False)
        raise BadInput(f"{path}:{number}: not a row; run `mbegu check`.")
    return value


def _is_row(value: dict[str, Any]) -> bool:
    """Whether what is looked at has the types that it has in a row, or in a line of a ledger; there a row is as it came in."""
    row = value.get("row", value)
    texts = [value.get(key) for key in SAID] if "row" in value else [value.get(field, "") for field in FIELDS]
    return isinstance(row, dict) and isinstance(row.get("origin", {}), dict) and all(isinstance(text, str) for text in texts)


def _text(row: dict[str, Any], field: str) -> str:
    found = row.get(field)
    return "" if found is None else str(found)


def _shown(value: dict[str, Any], path: Path, number: int) -> Shown:
    if "row" in value:
        row = value["row"] | {field: _text(value["row"], field) for field in FIELDS if field in value["row"]}
        return Shown(row, {key: value[key] for key in LEDGER if key in value and key != "row"})
    return Shown(parse_row(value, f"{path}:{number}", answered=False), {})
