"""What a row is: its fields, its id, where it came from."""

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines
from mbegu.text.trimming import trim
from mbegu.text.words import fold

Row = dict[str, Any]
KEYS = ("id", "instruction", "input", "output", "origin")
MACHINE = ("generated", "document")  # kinds of rows that a teacher wrote


def row_id(instruction: str, input_: str) -> str:
    """First 16 hex digits of SHA-256 over the folded question, so that an edited answer keeps its id."""
    return hashlib.sha256(f"{fold(instruction)}\x1f{fold(input_)}".encode()).hexdigest()[:16]


def question(row: Row) -> str:
    """Instruction and input as one text."""
    return f"{row['instruction']}\n{row['input']}" if row["input"] else str(row["instruction"])


def text_field(value: Row, key: str, where: str, *, required: bool) -> str:
    """The text under `key`, NFC, trimmed; "" when it is absent and not required.

    Raises:
        BadInput: absent or blank though required, not a string, or one that can't be written as UTF-8.
    """
    text = value.get(key)
    if text is None and key not in value:
        text = ""
    if not isinstance(text, str):
        raise BadInput(f"{where}: {key!r} is {type(text).__name__}, expected a string in double quotes.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"half a character ({error.object[error.start]!a})"
        raise BadInput(f"{where}: {key!r} holds {half}; write the whole character.") from None
    text = trim(unicodedata.normalize("NFC", text))
    if required and not text:
        raise BadInput(f"{where}: {key!r} is missing or empty; write its text.")
    return text


def id_field(value: Row, instruction: str, input_: str, where: str) -> str:
    """The id of the question, which a line may give or leave out.

    Raises:
        BadInput: another id is given.
    """
    id_ = row_id(instruction, input_)
    if value.get("id", id_) != id_:
        raise BadInput(f"{where}: id {value['id']!r} is not that of its question ({id_}); leave the id out.")
    return id_


def read_rows(path: Path, *, answered: bool) -> list[Row]:
    """Reads rows, hand-written (no `id`, no `origin`) or built.

    Args:
        answered: whether an empty or absent output is an error. Where it is none, a hand-written row whose answer is to be
            drafted has no output at all; an empty one may be a slip, and is an error.

    Returns:
        One dict per line, keys in the order of `KEYS`; a hand-written row gets its id and
        `{"kind": "seed", "parents": [], "source": "path:line"}` as origin.

    Raises:
        BadInput: as `read_lines`; a missing or wrongly typed field; an id that is not that of the question.
    """
    return [*stream_rows(path, answered=answered)]


def stream_rows(path: Path, *, answered: bool) -> Iterator[Row]:
    """As `read_rows`, one row at a time; an error comes where its line is."""
    for where, value in read_lines(path, KEYS):
        yield parse_row(value, where, answered=answered)


def parse_row(value: Row, where: str, *, answered: bool) -> Row:
    """One row of `read_rows`."""
    instruction = text_field(value, "instruction", where, required=True)
    input_ = text_field(value, "input", where, required=False)
    output = text_field(value, "output", where, required=answered)
    if not output and "output" in value and "origin" not in value:
        raise BadInput(f"{where}: 'output' is empty; write the answer, or leave 'output' out if the answer is to be drafted.")
    id_ = id_field(value, instruction, input_, where)
    origin = value.get("origin", {"kind": "seed", "parents": [], "source": where})
    if not isinstance(origin, dict) or not isinstance(origin.get("parents"), list):
        raise BadInput(f"{where}: 'origin' is not an object with a list of parents; leave it out of a hand-written row.")
    return dict(zip(KEYS, (id_, instruction, input_, output, origin), strict=True))


def unique_ids(rows: list[Row], path: Path) -> list[Row]:
    """Returns `rows`.

    Raises:
        BadInput: rows ask the same question; all are named.
    """
    seen: dict[str, Row] = {}
    twins = [(row, first) for row in rows if (first := seen.setdefault(row["id"], row)) is not row]
    if twins:
        places = [(place(row, str(path)), place(first, str(path))) for row, first in twins]
        asked = f"{question(twins[0][0])!r}{more(places[1:])}"
        raise BadInput(f"{places[0][0]}: asks the same as {places[0][1]}; keep one: {asked}")
    return rows


def place(row: Row, default: str = "") -> str:
    """Where a row stands: the line it was read from, or else `default` or its id."""
    return str(row["origin"].get("source", default or row["id"]))


def more(places: Sequence[tuple[str, str]]) -> str:
    """The places of further pairs, as the end of a sentence that shows the first pair; "" if there is none."""
    named = ", ".join(f"{first} and {second}" for first, second in places)
    return f" (and {len(places)} more: {named})" if places else ""
