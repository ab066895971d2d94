"""One record of a set that others made, as a reader found it."""

from typing import Any, NamedTuple


class Record(NamedTuple):
    """What stands at one place of a set."""

    where: str  # file and line, or file and number of the record
    values: dict[str, Any]
    fault: str = ""  # why it can't be a row at all; `text` is what stands there then
    text: str = ""
    is_file: bool = False  # no record, but a whole file that is not read
    mended: str = ""  # what was done to it on the way
    parents: tuple[str, ...] = ()  # of its row: what others descend from, too
    fields: dict[str, Any] | None = None  # instruction, input and output, where no columns hold them
