"""Rows that stand on the disk while a stage works on them, and in memory one at a time."""

import marshal
import os
import tempfile
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator
from io import FileIO
from typing import Any, Generic, TypeVar, cast, final

from mbegu.rows.row import Row

Item = TypeVar("Item")


@final
class Shelf(Generic[Item]):
    """Rows, lines of a ledger or the like, in their order. Each time that one is taken it is read anew, so what is changed of it
    then is changed nowhere else.

    They stand in a file without a name in the folder for temporary files (`TMPDIR`), which is gone with the process.
    """

    def __init__(self, file: FileIO) -> None:
        self.file = file
        self.starts, self.sizes = array("Q"), array("Q")  # of rows in the file, which shelves may share

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, position: int) -> Item:
        return cast(Item, marshal.loads(os.pread(self.file.fileno(), self.sizes[position], self.starts[position])))

    def __iter__(self) -> Iterator[Item]:
        return map(self.__getitem__, range(len(self)))

    def append(self, item: Item) -> None:
        """Adds one, made of what JSON knows and tuples.

        Raises:
            OSError: the disk is full; it names the folder for temporary files.
        """
        rest = marshal.dumps(cast(Any, item))  # which nobody reads but this process; JSON takes longer
        self.starts.append(self.file.tell())
        self.sizes.append(len(rest))
        try:
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, tempfile.gettempdir()) from None


Rows = TypeVar("Rows", list[Row], Shelf[Row])


def shelved(items: Iterable[Item]) -> Shelf[Item]:
    """What is iterated over, once, on a shelf; none of it is held."""
    found = Shelf[Item](tempfile.TemporaryFile(buffering=0))  # noqa: SIM115  # open as long as rows stand in it
    for item in items:
        found.append(item)
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


def joined(shelves: Iterable[Shelf[Row]]) -> Shelf[Row]:
    """The rows of shelves of one file, one shelf after the other."""
    first, *others = shelves
    found = like(first)
    for one in (first, *others):
        found.starts.extend(one.starts)
        found.sizes.extend(one.sizes)
    return found


def earlier(
    row: Row, position: int, rows: list[Row] | Shelf[Row], same: Callable[[Row], Hashable], first: dict[int, int]
) -> Row | None:  # fmt: skip
    """The first of the rows looked at so far that is the same as this one, if it is another one.

    Args:
        same: what is equal of two rows that are the same.
        first: learns the position of the first of each, under the hash of what is equal or the next number that is free: the
            texts themselves would take as much memory as the rows.
    """
    own = same(row)
    number = hash(own)
    while (other := first.setdefault(number, position)) != position:
        twin = rows[other]
        if same(twin) == own:
            return twin
        number += 1
    return None
