"""Records of JSON and JSON Lines; one that can't be read costs itself."""

import itertools
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.sources.sets.lines import lines
from mbegu.sources.sets.record import Record
from mbegu.text import reasons

# what a value's end is told by: whole strings, brackets and commas
MARK = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
# where another record begins behind one whose end can't be told
AGAIN = re.compile(r"(?:(?<=\})\s*,|,[ \t]*\r?\n)\s*(?=\{)")
SPACE = re.compile(r"[\s\ufeff]*")


def read_jsonl(path: Path) -> Iterator[Record]:
    """The records of JSON Lines; several on one line are read too, as where files were put together."""
    for number, line in enumerate(lines(path), 1):
        if line.strip():
            yield from _on_a_line(line, f"{path}:{number}")


def _on_a_line(line: str, where: str) -> Iterator[Record]:
    try:
        yield _record(where, _loads(line.strip()))
    except (ValueError, RecursionError) as error:
        several = _values(line)
        yield from (_record(where, value) for value in several)
        if not several:
            yield Record(where, {}, _reason(error, line), line.strip())


def read_json(path: Path) -> Iterator[Record]:
    """The records of a JSON file.

    A list of objects; an object that holds one, or that is the only record; objects by number, with gaps; columns of values
    by number; one object after the other, as in JSON Lines.

    Raises:
        BadInput: no JSON at all, or neither a list nor an object; from the iterator.
    """
    if _is_jsonl(path):
        yield from read_jsonl(path)
        return
    text = "".join(lines(path))
    try:
        yield from _of(_loads(text), path)
    except (ValueError, RecursionError) as error:
        yield from _one_by_one(text, path, error)


def _is_jsonl(path: Path) -> bool:
    """Whether each of the first two lines that are not blank looks like an object, and one of them is one."""
    head = [line.strip() for line in itertools.islice(filter(str.strip, lines(path)), 2)]
    if len(head) < 2 or not all(line.startswith("{") and len(line) > 1 for line in head):
        return False
    return any(line.endswith("}") and isinstance(_or_none(line), dict) for line in head)


def _or_none(text: str) -> Any:
    try:
        return _loads(text)
    except (ValueError, RecursionError):
        return None


def _one_by_one(text: str, path: Path, error: Exception) -> Iterator[Record]:
    """The values of a text that is not JSON as a whole, if any of them is JSON."""
    values = _values(text)
    if values:
        yield from (_record(f"{path}:{number}", value) for number, value in enumerate(values, 1))
        return
    elements = list(_elements(text))
    found = [_or_none(element) for element in elements]
    whole = [value for value in found if isinstance(value, dict)]
    whole = whole or list(filter(None, (_or_none(part) for element in elements for part in AGAIN.split(element))))
    usual = {key for value in whole if isinstance(value, dict) for key in value}
    if not usual:
        place = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise BadInput(f"{path}:{place}: {_reason(error, text)}; mend it or cut it off.")
    parts = [part for element, value in zip(elements, found, strict=True) for part in _parts(element, value, usual)]
    for number, part in enumerate(parts, 1):
        yield from _on_a_line(part, f"{path}:{number}")


def _parts(element: str, value: Any, usual: set[str]) -> list[str]:
    """An element, or if it is broken and swallowed the records behind it, each of them."""
    first, *others = AGAIN.split(element) if value is None else [element]
    swallowed = [_or_none(other) for other in others]
    whole = all(isinstance(other, dict) and other.keys() <= usual for other in swallowed)
    return [first, *others] if whole else [element]


def _of(value: Any, path: Path) -> Iterator[Record]:
    """The records in a JSON value."""
    if isinstance(value, dict) and not _numbered(value):
        lists = [held for held in value.values() if isinstance(held, list) or len(value) == 1]
        if len(lists) == 1 and _holds_records(lists[0]):
            value = lists[0]
        elif not all(isinstance(column, dict) and _numbered(column) for column in value.values()):
            value = [value]
    if isinstance(value, list):
        value = dict(enumerate(value, 1))
    elif isinstance(value, dict) and value and not _numbered(value):
        numbers = dict.fromkeys(number for column in value.values() for number in column)
        value = {number: {key: column.get(number) for key, column in value.items()} for number in numbers}
    if not isinstance(value, dict):
        raise BadInput(f"{path}: holds {type(value).__name__}, expected a list of objects; make it one.")
    for number in sorted(value, key=int):
        yield _record(f"{path}:{number}", value[number])


def _numbered(value: dict[Any, Any]) -> bool:
    return bool(value) and all(re.fullmatch("[0-9]{1,9}", str(key)) for key in value)


def _holds_records(value: Any) -> bool:
    """Whether a value is a set and not a field of the only record, such as the turns of a conversation."""
    held = list(value.values()) if isinstance(value, dict) and _numbered(value) else value
    if not isinstance(held, list):
        return False
    objects = [one for one in held if isinstance(one, dict)]
    return not held or (bool(objects) and not all({"role", "from"} & one.keys() for one in objects))


def _record(where: str, value: Any) -> Record:
    if isinstance(value, dict):
        return Record(where, value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return Record(where, {}, f"{reasons.WRONG_TYPE}: the record is {type(value).__name__}, no object", text)


def _loads(text: str) -> Any:
    """A JSON text; 15.50 stays 15.50."""
    return json.loads(text, parse_float=Decimal, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in an object")
    return values


def _reason(error: Exception, text: str) -> str:
    if "\0" in text:
        return f"{reasons.BINARY}, so it is binary or cut off"
    if isinstance(error, json.JSONDecodeError):
        return f"{reasons.NOT_VALID} JSON ({error.msg} at column {error.colno})"
    return f"{reasons.NOT_READABLE} as JSON ({error})"


def _values(text: str) -> list[Any]:
    """Two values or more that stand one after the other; none if something else stands between them."""
    decoder = json.JSONDecoder(parse_float=Decimal, object_pairs_hook=_once)
    found, place = [], SPACE.match(text).end()  # type: ignore[union-attr]  # it matches anywhere
    while place < len(text):
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return []
        found.append(value)
        place = SPACE.match(text, place).end()  # type: ignore[union-attr]
    return found if len(found) > 1 and all(isinstance(value, dict) for value in found) else []


def _elements(text: str) -> Iterator[str]:
    """The texts of what stands between the commas of the first list that is the value or is held by it.

    Brackets are counted and not nested calls, so that no depth is too great.
    """
    depth, base, start, closed = 0, 0, 0, False
    for mark in MARK.finditer(text):
        found = mark[0]
        if found in ("[", "{"):
            depth += 1
            if not base and found == "[" and depth <= 2:
                base, start = depth, mark.end()
        elif depth == base and base and found in (",", "]"):
            yield text[start : mark.start()]
            start = mark.end()
        if found in ("]", "}"):
            if depth == base and base:
                closed = found == "]"
                break
            depth -= 1
    if base and not closed:  # a bracket or a quote of one of them is open
        yield text[start:].rstrip().rstrip("]}") + "}"
