from collections import defaultdict
from typing import Any

import pytest

from mbegu.scoring import resampling, significance


class Drawn:
    """A generator whose numbers are drawn once and given again to the next of its kind, which would draw the same."""

    def __init__(self, real: Any, known: list) -> None:
        self.real, self.known, self.place = real, known, 0

    def _next(self, kind: str, *given: Any, **named: Any) -> Any:
        if self.place == len(self.known):
            self.known.append((kind, getattr(self.real, kind)(*given, **named)))
        self.place += 1
        drawn, numbers = self.known[self.place - 1]
        assert drawn == kind
        return numbers

    def multinomial(self, *given: Any, **named: Any) -> Any:
        return self._next("multinomial", *given, **named)

    def random(self, *given: Any) -> Any:
        return self._next("random", *given)


@pytest.fixture
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that compare hundreds of pairs of as many questions, which are all resampled by the same numbers."""
    generators: dict[int, Any] = {}
    known: dict[int, list] = defaultdict(list)

    def generator_of(questions: int) -> Drawn:
        real = generators.setdefault(questions, resampling.generator_of(questions))
        return Drawn(real, known[questions])

    monkeypatch.setattr(significance, "generator_of", generator_of)
