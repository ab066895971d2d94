"""Records of a table of cells: CSV and its kin; a record that can't be read costs itself."""

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mbegu.errors import BadInput
from mbegu.sources.sets.lines import lines
from mbegu.sources.sets.record import Record
from mbegu.text import reasons

LONGEST = 100_000_000  # characters of a cell; the csv module's own limit, 131,072, is less than a long document
SAMPLE = 1000  # lines that tell how cells are told apart
SEPARATORS = ",;\t|"
SEPARATOR_LINE = re.compile("sep=(.)", re.IGNORECASE)  # as Excel writes it
ESCAPED = re.compile(r'(?<!\\)((?:\\\\)*)\\"')  # a backslash that is not escaped itself, and a quote


class Dialect(NamedTuple):
    """How cells are told apart."""

    separator: str
    escaped: bool = False  # a quote within quotes stands behind a backslash, and is not doubled
    quotes: bool = True


class Cells(NamedTuple):
    """One record before it has names."""

    line: int  # on which it begins
    cells: list[str]
    fault: str = ""


def read_cells(path: Path) -> Iterator[Record]:
    """The records of a file whose dialect is told by its first lines, or by a line `sep=;` before them.

    Raises:
        BadInput: as `table`.
    """
    found = lines(path)
    head = list(itertools.islice(found, SAMPLE))
    told = SEPARATOR_LINE.fullmatch(head[0].rstrip("\r\n")) if head else None
    usual = "\t" if ".tsv" in path.name.lower() else ","
    skipped = int(bool(told))
    dialect = _dialect(head[skipped:], told[1] if told else usual + SEPARATORS)
    yield from table(path, itertools.chain(head[skipped:], found), dialect, skipped)


def _dialect(head: list[str], separators: str) -> Dialect:
    """The first of the dialects in which the most records have as many cells as the header, and at least two."""
    candidates = [
        Dialect(separator, escaped, quotes)
        for separator in dict.fromkeys(separators)
        for escaped, quotes in ((False, True), (True, True), (False, False))
        if quotes or separator == "\t"  # where quotes are often text
    ]
    return max(candidates, key=lambda dialect: _fitting(head, dialect))


def _fitting(head: list[str], dialect: Dialect) -> int:
    """Records that have the cells of the header, less those that have not."""
    width = fitting = 0
    for _, cells, fault in _cut(head, dialect):
        if not "".join(cells).strip():
            continue
        if not width:
            width = len(cells)
            continue
        kept = not dialect.quotes and any(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells)
        fits = not fault and not kept and len(cells) >= width and not "".join(cells[width:]).strip()
        fitting += 1 if fits else -1
    return fitting if width > 1 else 0


def _cut(lines: Iterable[str], dialect: Dialect, skipped: int = 0) -> Iterator[Cells]:
    """Lines as records; where one is no CSV, its first line is a fault and the next line begins another.

    Args:
        skipped: lines that stood before them, for the number.
    """
    source, taken, waiting, number = iter(lines), [""] * 0, [""] * 0, skipped

    def fed() -> Iterator[str]:
        while line := waiting.pop() if waiting else next(source, ""):
            taken.append(line)
            yield line

    reader = _reader(fed(), dialect)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            waiting += taken[:0:-1]  # the last one first
            yield Cells(number + 1, [taken[0].rstrip("\r\n")], f"{reasons.NOT_VALID} CSV ({error})")
            number += 1
            reader = _reader(fed(), dialect)
        else:
            if cells is None:
                return
            yield Cells(number + 1, cells)
            number += len(taken)
        taken.clear()


def _reader(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST)
    doubled = (ESCAPED.sub(r'\1""', line) for line in lines) if dialect.escaped else lines
    if dialect.quotes:
        return csv.reader(doubled, delimiter=dialect.separator, strict=True)
    return csv.reader(doubled, delimiter=dialect.separator, quoting=csv.QUOTE_NONE, strict=True)


def table(path: Path, lines: Iterable[str], dialect: Dialect, skipped: int = 0) -> Iterator[Record]:
    """The records of a table below its header; of several columns without a name, each is called by its number.

    A record of blank cells is one of blank values; a line without a separator that is blank is none.

    Args:
        path: for messages.
        lines: with their ends.
        skipped: lines that stood before them.

    Raises:
        BadInput: two columns of one name; from the iterator.
    """
    header: list[str] = []
    for number, cells, fault in _cut(lines, dialect, skipped):
        where = f"{path}:{number}"
        blank = not "".join(cells).strip()
        if blank and (not header or len(cells) < 2):
            continue
        if fault:
            yield Record(where, {}, fault, cells[0])
        elif not header:
            header = _header(cells, where)
        elif blank:
            yield Record(where, dict.fromkeys(header, ""))
        else:
            yield _record(where, header, cells, dialect)


def _header(cells: list[str], where: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    if header.count("") > 1:  # a spreadsheet saves its empty columns too
        header = [name or f"column {number}" for number, name in enumerate(header, 1)]
    if len(set(header)) < len(header):
        raise BadInput(f"{where}: two columns have one name in {', '.join(header)}; rename one.")
    return header


def _record(where: str, header: list[str], cells: list[str], dialect: Dialect) -> Record:
    """The record; blank cells beyond the header, and columns without a name that a record has not, are no fault."""
    count = len(cells)
    named = next((place for place in range(len(header), 0, -1) if not _nameless(header[place - 1], place)), 0)
    if count > len(header) and not "".join(cells[len(header) :]).strip():
        cells = cells[: len(header)]
    elif named <= count < len(header):
        cells = [*cells, *[""] * (len(header) - count)]
    if len(cells) == len(header):
        return Record(where, dict(zip(header, cells, strict=True)))
    return Record(where, {}, f"{reasons.RAGGED}: {count} cells, the header has {len(header)}", dialect.separator.join(cells))


def _nameless(name: str, place: int) -> bool:
    return name in ("", f"column {place}")
