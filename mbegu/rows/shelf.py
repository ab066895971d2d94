"""Rows that stand on the disk while a stage works on them, and in memory one at a time."""

import marshal
import os
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from io import FileIO
from typing import Generic, NamedTuple, TypeVar, cast, final

from mbegu.rows.row import Row


@final
class Shelf:
    """Rows, or lines of a ledger, in their order. Each time that one is taken it is read anew, so what is changed of it then is
    changed nowhere else.

    They stand in a file without a name in the folder for temporary files (`TMPDIR`), which is gone with the process.
    """

    def __init__(self, file: FileIO) -> None:
        self.file = file
        self.starts, self.sizes = array("Q"), array("Q")  # of rows in the file, which shelves may share

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, position: int) -> Row:
        return cast(Row, marshal.loads(os.pread(self.file.fileno(), self.sizes[position], self.starts[position])))

    def __iter__(self) -> Iterator[Row]:
        return map(self.__getitem__, range(len(self)))

    def append(self, row: Row) -> None:
        """Adds a row.

        Raises:
            OSError: the disk is full; it names the folder for temporary files.
        """
        rest = marshal.dumps(row)  # which nobody reads but this process; JSON takes longer
        self.starts.append(self.file.tell())
        self.sizes.append(len(rest))
        try:
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, tempfile.gettempdir()) from None


Rows = TypeVar("Rows", list[Row], Shelf)


class Parted(NamedTuple, Generic[Rows]):
    """As `mbegu.rows.ledger.Sieved`, in whatever holds the rows that were sieved."""

    kept: Rows
    ledger: Rows  # a line for each row that was dropped or changed


def shelved(rows: Iterable[Row]) -> Shelf:
    """The rows on a shelf; they can be iterated over once, and none is held."""
    found = Shelf(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115  # open as long as rows stand in it
    for row in rows:
        found.append(row)
    return found


def like(rows: Rows) -> Rows:
    """No rows yet, where `rows` are: a new list, or a shelf of the same file."""
    if isinstance(rows, Shelf):
        return Shelf(rows.file)
    return []


def keep(kept: Rows, rows: Rows, position: int) -> None:
    """Adds one of `rows` to those that are `like` them; one that is on the disk is not read for it."""
    if isinstance(kept, Shelf) and isinstance(rows, Shelf):
        kept.starts.append(rows.starts[position])
        kept.sizes.append(rows.sizes[position])
    else:
        kept.append(rows[position])


def joined(shelves: Iterable[Shelf]) -> Shelf:
    """The rows of shelves of one file, one shelf after the other."""
    first, *others = shelves
    found = like(first)
    for one in (first, *others):
        found.starts.extend(one.starts)
        found.sizes.extend(one.sizes)
    return found
