"""How many records are read, and how many of a file may be unreadable."""

from collections import Counter
from collections.abc import Iterable, Iterator

from mbegu.errors import BadInput
from mbegu.sources.sets.record import Record


def limited(records: Iterable[Record], most: int) -> Iterator[Record]:
    """The first `most` records, or all if it is 0; files that are left out do not count."""
    read = 0
    for record in records:
        read += not record.is_file
        yield record
        if read == most and read:
            return


def bounded(records: Iterable[Record], share: float) -> Iterator[Record]:
    """The same records.

    Args:
        share: of a file's records that can't be read, from which on the file is refused; 0 refuses it for one.

    Raises:
        BadInput: at the end, if there are so many in a file; with the first of them.
    """
    found, faults, first = Counter[str](), Counter[str](), dict[str, Record]()
    for record in records:
        file = record.where.rpartition(":")[0]
        found[file] += 1
        if record.fault and not record.is_file:
            faults[file] += 1
            first.setdefault(file, record)
        yield record
    for file, record in first.items():
        if faults[file] >= share * found[file]:
            count = f"{faults[file]} of {found[file]} records of {file} can't be read"
            raise BadInput(f"{record.where}: {record.fault}; {count}, so mend it, or raise load.unreadable.")
