"""Questions without a passage: what an adapter knows of the documents that it was trained on, and what it still knows of others.

`data/exams/NAME/*.jsonl` asks about the documents that the section `documents` calls NAME. No version is trained on its rows. All
rows of a file are closed-book questions, which name a `source` or are `unanswerable`, or all are general ones, the control set.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mbegu.errors import BadInput
from mbegu.rows.heldout import read_heldout
from mbegu.rows.row import Row, place, unique_ids

CLOSED, RETRIEVED, CONTROL = "closed_book", "retrieved", "control"  # ways to ask: the second, with what retrieval finds


class Exam(NamedTuple):
    """The questions of a project's exams; none if it has no such file."""

    closed: list[Row]  # about its documents; those without a source are answered by none of them
    control: list[Row]  # about anything else

    def rows(self) -> list[Row]:
        """All of them."""
        return [*self.closed, *self.control]


def exam_files(folder: Path) -> list[Path]:
    """The files of a folder and those below it, by path; none if there is no such folder."""
    return sorted(folder.rglob("*.jsonl"))


def read_exam(folder: Path) -> Exam:
    """Reads all files of a folder, and of those below it.

    Raises:
        BadInput: as `read_heldout`; a closed-book row among general ones; a question that stands in two files.
    """
    found = Exam([], [])
    for path in exam_files(folder):
        rows = read_heldout(path)
        (found.closed if _is_closed(rows) else found.control).extend(rows)
    unique_ids(found.rows(), folder)
    return found


def read_exams(folder: Path) -> Exam:
    """All exams of a project.

    Args:
        folder: with a folder for each.

    Raises:
        BadInput: as `read_exam`; a file that is in none of these folders, so that nobody would be asked it.
    """
    for path in exam_files(folder):
        if path.parent == folder:
            raise BadInput(
                f"{path}: belongs to no exam, and nobody would be asked it; move it into {folder}/NAME/, where NAME is what the "
                "section documents of params.yaml calls the documents that it asks about."
            )
    return read_exam(folder)


def _is_closed(rows: Sequence[Row]) -> bool:
    """Whether the rows of a file are closed-book questions."""
    closed = [bool(row["source"] or row["unanswerable"]) for row in rows]
    for row, is_closed in zip(rows, closed, strict=True):
        if row["input"]:
            raise BadInput(
                f"{place(row)}: a question of an exam has no 'input'; put a row with a passage into data/heldout.jsonl."
            )
        if is_closed != closed[0]:
            lacks = "is general" if closed[0] else "is closed-book"
            raise BadInput(
                f'{place(row)}: {lacks}, and the rows before it are not; expected "source": "document.md#heading" or '
                '"unanswerable": true in every row of a file of closed-book questions, and neither in any general one.'
            )
    return closed[0]
