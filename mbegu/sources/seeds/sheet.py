"""Rows that people wrote in a spreadsheet, as lines of a file of seeds; what is not added is said, row by row."""

import codecs
import csv
import difflib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mbegu.errors import BadInput
from mbegu.rows.row import Row, parse_row, question
from mbegu.sources.sets.cells import Dialect, table
from mbegu.sources.sets.record import Record
from mbegu.sources.sets.settings import Columns
from mbegu.text.pointers import stand_in
from mbegu.text.trimming import trim
from mbegu.text.words import fold

# what people call the fields, folded and in small letters; English, Swahili, Amharic
NAMES = {
    "instruction": ("instruction", "instructions", "question", "questions", "prompt", "query", "swali", "maswali", "ጥያቄ"),
    "input": ("input", "context", "passage", "text", "muktadha", "maandishi", "ጽሑፍ"),
    "output": ("output", "answer", "answers", "response", "reply", "completion", "jibu", "majibu", "መልስ"),
}
SEPARATORS = (",", ";", "\t")
SAVE = "save the sheet as CSV in UTF-8 and import that"


class Sheet(NamedTuple):
    """A sheet as it was read."""

    columns: Columns  # under which name each field stands; "" for one that the sheet has not
    unused: list[str]  # other columns that hold something
    rows: list[Row]


def read_sheet(path: Path, named: Columns) -> Sheet:
    """Reads a CSV or TSV file in UTF-8 or marked UTF-16, with commas, semicolons or tabs between its cells.

    Args:
        named: columns that the user names; "" for one to be found by its usual names.

    Raises:
        BadInput: another kind of file, broken CSV, a field whose column can't be told, a row without a question.
    """
    text = _text(path)
    found = table(path, io.StringIO(text, newline=""), Dialect(_separator(text)))
    records = [record for record in found if record.fault or any(map(str.strip, record.values.values()))]
    if not records:
        raise BadInput(f"{path}: holds no rows; expected a line with the columns' names, and a row below it.")
    for record in records:
        if record.fault:
            raise BadInput(f"{record.where}: {record.fault}; put a cell that holds the separator in double quotes.")
    header = list(records[0].values)
    columns = Columns(*(_column(field, name, header, path) for field, name in named._asdict().items()))
    if not columns.instruction:
        names = ", ".join(map(repr, header))
        raise BadInput(f"{path}: no column is named as a question's ({names}); name it, as in --instruction {header[0]!r}.")
    filled = {name for record in records for name, cell in record.values.items() if cell.strip()}
    unused = [name for name in header if name in filled - set(columns)]
    return Sheet(columns, unused, [_row(record, columns) for record in records])


def _text(path: Path) -> str:
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        raise BadInput(f"{path}: no CSV or TSV file; {SAVE}.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; name a CSV or TSV file.") from None
    if why := stand_in(content):
        raise BadInput(f"{path}: is {why}.")
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{path}:{line}: not valid UTF-8 (byte {content[error.start]:#04x}); {SAVE}.") from None
    if "\0" in text:
        raise BadInput(f"{path}: holds a NUL byte, so it is binary or UTF-16 without its mark; {SAVE}.")
    return text


def _separator(text: str) -> str:
    """The one that cuts the header into the most names that we know, or else into the most cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    known = {name for names in NAMES.values() for name in names}

    def fits(separator: str) -> tuple[int, int]:
        cells = next(csv.reader([first], delimiter=separator))
        return sum(fold(cell).casefold() in known for cell in cells), len(cells)

    return max(SEPARATORS, key=fits)


def _column(field: str, named: str, header: list[str], path: Path) -> str:
    if named and named not in header:
        close = difflib.get_close_matches(named, header, 1)
        hint = f"Did you mean {close[0]!r}?" if close else f"There are {', '.join(map(repr, header))}."
        raise BadInput(f"{path}: no column {named!r} for --{field}. {hint}")
    found = [named] if named else [name for name in header if fold(name).casefold() in NAMES[field]]
    if len(found) > 1:
        raise BadInput(f"{path}: {' and '.join(map(repr, found))} may both be the {field}; name one by --{field}.")
    return found[0] if found else ""


def _row(record: Record, columns: Columns) -> Row:
    texts = {
        field: trim(record.values[name].replace("\r\n", "\n").replace("\r", "\n"))
        for field, name in columns._asdict().items()
        if name
    }
    if not texts["instruction"]:
        raise BadInput(f"{record.where}: {columns.instruction!r} is empty; write the question, or delete the row.")
    return parse_row({field: text for field, text in texts.items() if text}, record.where, answered=False)


def new_rows(rows: Iterable[Row], existing: Iterable[Row]) -> tuple[list[Row], list[str]]:
    """The rows that ask what no other asks, in their order, and a sentence about each of the others."""
    seen = {row["id"]: row for row in existing}
    new, said = [], []
    for row in rows:
        first = seen.setdefault(row["id"], row)
        if first is row:
            new.append(row)
            continue
        other = "" if row["output"] in ("", first["output"]) else " and answers it otherwise, so choose one"
        place = first["origin"].get("source", first["id"])
        said.append(f"{row['origin']['source']}: asks what {place} asks{other}: {question(row)!r}")
    return new, said


def line_of(row: Row) -> dict[str, str]:
    """A row as people write it: an open question has no output."""
    return {key: row[key] for key in ("instruction", "input", "output") if row[key] or key == "input"}
