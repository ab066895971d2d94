"""Strict JSON Lines in, byte-stable JSON Lines out."""

import difflib
import json
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import jsonlines

from mbegu.errors import BadInput
from mbegu.outputs import whole
from mbegu.rows.hints import NO_ARRAY, hint
from mbegu.text.pointers import LONGEST, stand_in


def read_lines(path: Path, keys: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
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
        if why := stand_in(file.peek(LONGEST)):
            raise BadInput(f"{path}: is {why}.")
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


def _open(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; expected a JSON Lines file.") from None


def _explain(error: jsonlines.InvalidLineError) -> str:
    cause = error.__cause__
    if isinstance(cause, UnicodeDecodeError):
        return f"not valid UTF-8 (byte {cause.object[cause.start]:#04x} at column {cause.start + 1}); save the file as UTF-8."
    if isinstance(cause, json.JSONDecodeError):
        return f"not valid JSON ({cause.msg} at column {cause.colno}); {hint(cause) or 'expected one whole object per line'}."
    if cause is None:
        todo = f"; this is a JSON array, {NO_ARRAY}" if str(error.line).lstrip().startswith("[") else ""
        return f'expected a JSON object per line, such as {{"instruction": "…", "input": "", "output": "…"}}{todo}.'
    return f"{cause}."


def _strict_loads(line: str | bytes) -> Any:
    try:
        value = json.loads(line, object_pairs_hook=_no_duplicates, parse_constant=_no_nan, parse_int=_int)
    except RecursionError:
        raise ValueError("brackets are nested too deeply to be read; cut the line off or write its text") from None
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


def _int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise ValueError(f"a number of {len(digits):,} digits is too long to be read; put it in double quotes") from None


def _no_nan(name: str) -> None:
    raise ValueError(f"{name} is not JSON; write a number or null")


def _check_keys(value: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in value:
        if key not in keys:
            close = difflib.get_close_matches(key, keys, 1)
            hint = f" Did you mean {close[0]!r}?" if close else f" Expected {', '.join(keys)}."
            raise BadInput(f"{where}: unknown field {key!r}.{hint}")


def write_lines(path: Path, values: Iterable[dict[str, Any]]) -> None:
    """Writes one JSON object per line, UTF-8, keys as given, and publishes the file whole."""
    with whole(path) as temporary, jsonlines.open(temporary, "w", dumps=_dumps) as writer:
        writer.write_all(values)


def append_lines(path: Path, values: Iterable[dict[str, Any]]) -> None:
    """Adds objects to a file, or to a new one; its own lines stay as they are to the byte, and a crash leaves it as it was."""
    before = path.read_bytes() if path.exists() else b""
    end = b"" if not before or before.endswith(b"\n") else b"\n"
    with whole(path) as temporary:
        temporary.write_bytes(before + end + "".join(f"{_dumps(value)}\n" for value in values).encode())


def _dumps(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
