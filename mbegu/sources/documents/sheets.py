"""XLSX and CSV files as text: rows as `a | b`, one part a sheet."""

import csv
import datetime
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Any

import regex

from mbegu.extras import needs
from mbegu.sources.documents.archives import opened
from mbegu.sources.documents.documents import Part, Unreadable, one_line
from mbegu.sources.documents.encodings import decode
from mbegu.sources.documents.grid import LONGEST

with needs("documents"):
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

PLACE = regex.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
MOST_CELLS = 3_000_000  # between the first and the last of a sheet, empty ones too
SEPARATORS = (",", ";", "\t", "|")
LONGEST_CELL = 1_000_000  # characters


def read_xlsx(content: bytes) -> list[Part]:
    """Parts of a workbook, one a sheet that is shown. Numbers stand as they are kept, not as they are formatted.

    Raises:
        Unreadable: no archive, one that unpacks to far more than it should, or a sheet of few cells far apart.
    """
    with opened(content, "XLSX") as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                _refuse_sparse(archive.read(name))
    workbook = CalamineWorkbook.from_filelike(BytesIO(content))
    sheets = [one for one in workbook.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    hidden = [one for one in sheets if one.visible != SheetVisibleEnum.Visible]
    parts = [_sheet(workbook.get_sheet_by_name(one.name)) for one in sheets if one not in hidden]
    lost = {"hidden sheets": len(hidden), "sheets of charts": len(workbook.sheet_names) - len(sheets)}
    return [Part("", "", lost=tuple(f"{kind} left out: {count}" for kind, count in lost.items() if count)), *parts]


def read_csv(content: bytes) -> list[Part]:
    """The rows of a CSV or TSV file, whatever separates its cells."""
    text = decode(content)
    head = "\n".join(text.splitlines()[:20])
    separator = max(SEPARATORS, key=head.count)
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator)
    return [Part("", "\n".join(" | ".join(map(one_line, row)) if any(map(str.strip, row)) else "" for row in rows))]


def _refuse_sparse(sheet: bytes) -> None:
    """A sheet is laid out whole, from its first cell to its last."""
    places = [(_column(column), int(row)) for column, row in set(PLACE.findall(sheet))]
    columns, rows = ([place[axis] for place in places] or [0] for axis in (0, 1))
    height, width = max(rows) - min(rows) + 1, max(columns) - min(columns) + 1
    if height * width > MOST_CELLS:
        raise Unreadable(f"a sheet of {height:,} rows and {width:,} columns, most of them empty")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet(sheet: Any) -> Part:
    rows = [[_shown(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or ():  # what reaches down is said in each row
        for row in rows[top + 1 : bottom + 1]:
            if column < len(rows[top]) and column < len(row) and len(rows[top][column]) <= LONGEST:
                row[column] = rows[top][column]
    return Part(sheet.name, "\n".join([f"{sheet.name}\n", *(_line(row) for row in rows)]))


def _line(row: Sequence[str]) -> str:
    """A row, from its first cell to the last one that holds something."""
    full = max((place for place, text in enumerate(row, 1) if text), default=0)
    return " | ".join(row[:full])


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.isoformat(" ", "minutes") if isinstance(value, datetime.datetime) else one_line(str(value))
