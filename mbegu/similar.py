"""How alike two questions are: ROUGE-L F1 over word tokens of any script."""

from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import Indel

from mbegu.rows import Row, question
from mbegu.text import words


class Match(NamedTuple):
    """The nearest row of a pool."""

    row: Row
    score: float  # ROUGE-L F1, 0 to 1


def similarity(first: str, second: str) -> float:
    """ROUGE-L F1 (Lin 2004, §3.1): 2 LCS / (m + n), which is the normalized Indel similarity of the tokens."""
    return Indel.normalized_similarity(words(first), words(second))


def pool(rows: list[Row]) -> dict[int, list[str]]:
    """Word tokens of each row's question, by position, for `nearest`. Questions without a word are left out."""
    tokens = {index: words(question(row)) for index, row in enumerate(rows)}
    return {index: value for index, value in tokens.items() if value}


def nearest(row: Row, rows: list[Row], tokens: dict[int, list[str]], above: float) -> Match | None:
    """The row of `rows` whose question is most like that of `row`, if its ROUGE-L F1 is above `above`."""
    found = process.extractOne(words(question(row)), tokens, scorer=Indel.normalized_similarity, score_cutoff=above)
    if found is None or found[1] <= above:
        return None
    return Match(rows[found[2]], found[1])


def same_numbers(first: Row, second: Row) -> bool:
    """Whether both questions hold the same number tokens: KES 5,000 at 10 % is not KES 9,000 at 12 %."""
    numbers = [sorted(word for word in words(question(row)) if any(map(str.isdigit, word))) for row in (first, second)]
    return numbers[0] == numbers[1]
