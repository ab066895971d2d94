"""Cells that reach over several rows or columns, in the columns where they stand."""

from collections.abc import Sequence
from typing import NamedTuple

from mbegu.sources.documents.documents import Unreadable

MOST_CELLS = 500_000  # of a table: what reaches far in both directions multiplies
MOST_ACROSS = 50  # columns
LONGEST = 300  # characters of a cell that is said again in each row: a label, not a text


class Cell(NamedTuple):
    """A cell, whose place is the first free one of its row."""

    text: str
    across: int = 1  # columns
    down: int = 1  # rows


def laid_out(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """The texts of each row, a place for each column. What reaches down is said in each row, so that every row can be read
    by itself; what reaches across is said once, in its first column.

    Raises:
        Unreadable: a table that is laid out to more than half a million cells.
    """
    found: list[list[str]] = []
    above: dict[int, Cell] = {}  # by column, what reaches down into the next row
    filled = 0
    for row in rows:
        line, starts = {column: cell.text for column, cell in above.items()}, []
        below = {column: cell._replace(down=cell.down - 1) for column, cell in above.items() if cell.down > 1}
        column = 0
        for cell in row:
            while column in above:
                column += 1
            end = column + max(1, min(cell.across, MOST_ACROSS))
            starts.append(column)
            for place in range(column, end):
                line[place] = cell.text if place == column else ""
                if cell.down > 1:
                    below[place] = Cell(line[place] if len(line[place]) <= LONGEST else "", 1, cell.down - 1)
            column = end
        filled += len(line)
        if filled > MOST_CELLS:
            raise Unreadable(f"a table of more than {MOST_CELLS:,} cells")
        full = 1 + max((place for place, text in line.items() if text), default=-1)
        found.append(
            [line.get(place, "") for place in range(full)] + [""] * sum(start >= full for start in starts) if row else []
        )
        above = below
    return found
