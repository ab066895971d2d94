"""How alike two questions are: ROUGE-L F1 over word tokens of any script."""

from typing import NamedTuple

from mbegu.rows.row import Row, question
from mbegu.text.alike import Index
from mbegu.text.words import words


class Match(NamedTuple):
    """The nearest row of a pool."""

    row: Row
    score: float  # ROUGE-L F1, 0 to 1


def pool(rows: list[Row]) -> Index:
    """The questions of rows, each at its row's position."""
    index = Index()
    for row in rows:
        index.add(words(question(row)))
    return index


def nearest(row: Row, rows: list[Row], index: Index, above: float = 0.0) -> Match | None:
    """The row of `rows` whose question is most like that of `row`, if its ROUGE-L F1 is above `above`.

    Args:
        index: `pool(rows)`.
    """
    found = index.nearest(words(question(row)), above)
    return None if found is None else Match(rows[found.position], found.score)


def same_numbers(first: Row, second: Row) -> bool:
    """Whether both questions hold the same number tokens: ETB 5,000 at 10 % is not ETB 9,000 at 12 %."""
    numbers = [sorted(word for word in words(question(row)) if any(map(str.isdigit, word))) for row in (first, second)]
    return numbers[0] == numbers[1]
