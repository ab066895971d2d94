"""Files of JSON Lines that several people add to at the same time, each on disk before the next: decisions, seeds."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.outputs import locked, whole
from mbegu.rows.jsonl import read_lines

CONFLICT = re.compile(rb"^(?:<{7} |={7}\r?$|>{7} |\|{7} )", re.MULTILINE)


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Within the block nobody else adds to the file, or to one beside it.

    Raises:
        BadInput: as `refuse_conflict`.
    """
    with locked(path.parent):
        refuse_conflict(path)
        yield


def refuse_conflict(path: Path) -> None:
    """Raises `BadInput` if git left a merge of the file to its user; no file is none."""
    content = path.read_bytes() if path.is_file() else b""
    if found := CONFLICT.search(content):
        number = content.count(b"\n", 0, found.start()) + 1
        raise BadInput(
            f"{path}:{number}: a mark of a merge that git left to you; keep the lines that are right, remove the marks, and "
            "run this again."
        )


def remove_line(path: Path, value: dict[str, Any], keys: tuple[str, ...]) -> bool:
    """Removes the last line that holds this object, and says whether there was one; the others stay as they are to the byte.

    Raises:
        BadInput: as `read_lines`.
    """
    places = [int(where.rpartition(":")[2]) for where, found in read_lines(path, keys) if found == value] if path.exists() else []
    if places:
        lines = path.read_bytes().split(b"\n")
        del lines[places[-1] - 1]
        with whole(path) as temporary:
            temporary.write_bytes(b"\n".join(lines))
    return bool(places)
