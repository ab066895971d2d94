"""Rows of a dataset: strict JSON Lines in, byte-stable JSON Lines out."""

import difflib
import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import jsonlines

from mbegu.errors import BadInput
from mbegu.outputs import whole
from mbegu.text.words import fold

Row = dict[str, Any]
KEYS = ("id", "instruction", "input", "output", "origin")


def row_id(instruction: str, input_: str) -> str:
    """First 16 hex digits of SHA-256 over the folded question, so that an edited answer keeps its id."""
    return hashlib.sha256(f"{fold(instruction)}\x1f{fold(input_)}".encode()).hexdigest()[:16]


def question(row: Row) -> str:
    """Instruction and input as one text."""
    return f"{row['instruction']}\n{row['input']}" if row["input"] else str(row["instruction"])


def read_lines(path: Path, keys: tuple[str, ...]) -> Iterator[tuple[str, Row]]:
    """Yields ("path:line", object) for each line; a BOM, CRLF, blank lines and a missing last newline just work.

    Args:
        keys: the fields that an object may have.

    Raises:
        BadInput: invalid UTF-8 or JSON, NaN, a duplicate or unknown key, a value that can't be written as UTF-8.
    """
    number = 0

    def counted(file: BinaryIO) -> Iterator[bytes]:
        nonlocal number
        for line in file:
            number += 1
            yield line

    with _open(path) as file:
        lines = jsonlines.Reader(counted(file), loads=_strict_loads).iter(type=dict, skip_empty=True)
        while True:
            try:
                value = next(lines, None)
            except jsonlines.InvalidLineError as error:
                raise BadInput(f"{path}:{number}: {_explain(error)}") from None
            if value is None:
                return
            _check_keys(value, keys, f"{path}:{number}")
            yield f"{path}:{number}", value


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; expected a JSON Lines file.") from None


def _explain(error: jsonlines.InvalidLineError) -> str:
    cause = error.__cause__
    if isinstance(cause, UnicodeDecodeError):
        return f"not valid UTF-8 (byte {cause.object[cause.start]:#04x} at column {cause.start + 1}); save the file as UTF-8."
    if isinstance(cause, json.JSONDecodeError):
        return f"not valid JSON ({cause.msg} at column {cause.colno}); expected one whole object per line."
    if cause is None:
        return 'expected a JSON object per line, such as {"instruction": "…", "input": "", "output": "…"}.'
    return f"{cause}."


def _strict_loads(line: str | bytes) -> Any:
    value = json.loads(line, object_pairs_hook=_no_duplicates, parse_constant=_no_nan)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"half of a surrogate pair ({error.object[error.start]!a}); write the whole character") from None
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"the key {key!r} stands twice; keep one")
    return dict(pairs)


def _no_nan(name: str) -> None:
    raise ValueError(f"{name} is not JSON; write a number or null")


def _check_keys(value: Row, keys: tuple[str, ...], where: str) -> None:
    for key in value:
        if key not in keys:
            close = difflib.get_close_matches(key, keys, 1)
            hint = f" Did you mean {close[0]!r}?" if close else f" Expected {', '.join(keys)}."
            raise BadInput(f"{where}: unknown field {key!r}.{hint}")


def text_field(value: Row, key: str, where: str, *, required: bool) -> str:
    """The text under `key`, NFC, stripped; "" when it is absent and not required.

    Raises:
        BadInput: absent or blank though required, or not a string.
    """
    text = value.get(key)
    if text is None and key not in value:
        text = ""
    if not isinstance(text, str):
        raise BadInput(f"{where}: {key!r} is {type(text).__name__}, expected a string in double quotes.")
    text = unicodedata.normalize("NFC", text).strip()
    if required and not text:
        raise BadInput(f"{where}: {key!r} is missing or empty; write its text.")
    return text


def read_rows(path: Path, *, answered: bool) -> list[Row]:
    """Reads rows, hand-written (no `id`, no `origin`) or built.

    Args:
        answered: whether an empty or absent output is an error.

    Returns:
        One dict per line, keys in the order of `KEYS`; a hand-written row gets its id and
        `{"kind": "seed", "parents": [], "source": "path:line"}` as origin.

    Raises:
        BadInput: as `read_lines`; a missing or wrongly typed field; an id that is not that of the question.
    """
    return [parse_row(value, where, answered=answered) for where, value in read_lines(path, KEYS)]


def parse_row(value: Row, where: str, *, answered: bool) -> Row:
    """One row of `read_rows`."""
    instruction = text_field(value, "instruction", where, required=True)
    input_ = text_field(value, "input", where, required=False)
    output = text_field(value, "output", where, required=answered)
    id_ = row_id(instruction, input_)
    if value.get("id", id_) != id_:
        raise BadInput(f"{where}: id {value['id']!r} is not that of its question ({id_}); leave the id out.")
    origin = value.get("origin", {"kind": "seed", "parents": [], "source": where})
    if not isinstance(origin, dict) or not isinstance(origin.get("parents"), list):
        raise BadInput(f"{where}: 'origin' is not an object with a list of parents; leave it out of a hand-written row.")
    return dict(zip(KEYS, (id_, instruction, input_, output, origin), strict=True))


def unique_ids(rows: list[Row], path: Path) -> list[Row]:
    """Returns `rows`.

    Raises:
        BadInput: two rows ask the same question.
    """
    seen: dict[str, Row] = {}
    for row in rows:
        if row["id"] in seen:
            first = seen[row["id"]]["origin"].get("source", path)
            raise BadInput(f"{row['origin'].get('source', path)}: asks the same as {first}; keep one: {question(row)!r}")
        seen[row["id"]] = row
    return rows


def write_lines(path: Path, values: Iterable[Row]) -> None:
    """Writes one JSON object per line, UTF-8, keys as given, and publishes the file whole."""
    with whole(path) as temporary, jsonlines.open(temporary, "w", dumps=_dumps) as writer:
        writer.write_all(values)


def _dumps(value: Row) -> str:
    return json.dumps(value, ensure_ascii=False)
