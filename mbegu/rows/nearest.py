"""How alike two questions are: ROUGE-L F1 over word tokens of any script."""

from typing import Any, NamedTuple

import numpy as np

from mbegu.rows.parts import Parts, kindred
from mbegu.rows.row import Row, question
from mbegu.text.alike import Index, Near
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
    return numbers(words(question(first))) == numbers(words(question(second)))


def numbers(tokens: list[str]) -> list[str]:
    """The tokens that hold a digit, sorted."""
    return sorted(token for token in tokens if not token.isalpha() and any(map(str.isdigit, token)))


class Questions:
    """A pool of questions that answers which are like one, as a whole and in what differs (`mbegu.rows.parts`)."""

    def __init__(self) -> None:
        self.parts: list[Parts] = []
        self.whole, self.asked, self.about = Index(), Index(), Index()
        self.framed = bytearray()

    def add(self, parts: Parts) -> None:
        """Adds a question at the next position."""
        self.parts.append(parts)
        for index, tokens in ((self.whole, parts.whole), (self.asked, parts.asked), (self.about, parts.about)):
            index.add(tokens)
        self.framed.append(parts.framed)

    def near(self, parts: Parts, above: float) -> list[Near]:
        """Every question whose ROUGE-L F1 is above `above`, and that of what differs too; the nearest first, the earlier among
        equals."""
        positions, _ = self._candidates(parts, above)
        found = [self.whole.score(parts.whole, int(position)) for position in positions]
        return sorted(
            (near for near in found if self._is_near(near, parts, above)), key=lambda near: (-near.score, near.position)
        )

    def nearest(self, parts: Parts, above: float) -> Near | None:
        """The first of those that `near` gives."""
        best = Near(-1, above)
        positions, bounds = self._candidates(parts, above)
        for rank in np.argsort(-bounds, kind="stable"):
            if bounds[rank] < best.score:
                break  # no later question can be nearer
            found = self.whole.score(parts.whole, int(positions[rank]))
            nearer = found.score > best.score or (found.score == best.score and 0 <= found.position < best.position)
            if nearer and self._is_near(found, parts, above):
                best = found
        return best if best.position >= 0 else None

    def _is_near(self, near: Near, parts: Parts, above: float) -> bool:
        return near.score > above and kindred(parts, self.parts[near.position], above)

    def _candidates(self, parts: Parts, above: float) -> tuple[Any, Any]:
        """Positions of the questions that may be near, and the bounds of their ROUGE-L F1."""
        positions, bounds = self.whole.candidates(parts.whole, above)
        if not parts.about or not positions.size:
            return positions, bounds
        told = self.about.lengths[positions] > 0
        framed = np.frombuffer(self.framed, bool)[positions] | parts.framed
        unlike = told & framed & (self.about.bounds(parts.about, positions) < above)
        unlike |= told & (self.asked.bounds(parts.asked, positions) < above)
        return positions[~unlike], bounds[~unlike]
