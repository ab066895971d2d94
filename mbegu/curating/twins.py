"""Held-out rows that ask the same in other words: one question that would count twice."""

from typing import NamedTuple

from mbegu.errors import BadInput
from mbegu.rows.nearest import Questions
from mbegu.rows.parts import Frames, asked_of, frames, parts
from mbegu.rows.row import Row, more, place, question
from mbegu.text.sameness import same_question


def check_heldout(heldout: list[Row], similarity: float, known: Frames | None = None) -> list[Row]:
    """Returns `heldout`.

    Args:
        known: the templates of all rows; those of `heldout` if it is None.

    Raises:
        BadInput: held-out rows ask the same in other words (`twins`), and so count one question twice; all are named.
    """
    found = twins(heldout, similarity, known)
    if found:
        row, other, score = found[0]
        again = more([(place(twin.row), place(twin.heldout)) for twin in found[1:]])
        raise BadInput(
            f"{place(row)}: {question(row)!r} asks the same as {place(other)}: "
            f"{question(other)!r} (ROUGE-L F1 {score:.2f}, above {similarity}){again}; "
            "one question would count twice. Keep one."
        )
    return heldout


class Twin(NamedTuple):
    """A held-out row, and an earlier one that asks the same."""

    row: Row
    heldout: Row
    score: float  # ROUGE-L F1


def twins(heldout: list[Row], similarity: float, known: Frames | None = None) -> list[Twin]:
    """Held-out rows that ask the same as an earlier one, by the earlier one's side.

    Two questions are alike above a ROUGE-L F1 of `similarity`; those that differ in a number, a name or a stretch of other words
    are two questions.
    """
    known = frames(heldout) if known is None else known
    pool = Questions()
    first: list[Row] = []
    found = []
    for row in heldout:
        asked = parts(row, known)
        near = next(
            (one for one in pool.near(asked, similarity) if same_question(asked_of(row), asked_of(first[one.position]))), None
        )
        if near is not None:
            found.append(Twin(row, first[near.position], near.score))
            continue
        pool.add(asked)
        first.append(row)
    return found
