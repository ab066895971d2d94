"""How much of an answer was copied out of what the model was trained on."""

from collections.abc import Iterable

from mbegu.text.words import words

SPAN = 8  # words in a row that two texts on one thing seldom share by chance
Spans = frozenset[tuple[str, ...]]


def spans(texts: Iterable[str]) -> Spans:
    """Every run of `SPAN` words that stands in one of the texts."""
    return frozenset(run for text in texts for run in _runs(words(text)))


def _runs(tokens: list[str]) -> list[tuple[str, ...]]:
    return [tuple(tokens[start : start + SPAN]) for start in range(len(tokens) - SPAN + 1)]


def copied(answer: str, known: Spans) -> tuple[int, int]:
    """(words of the answer that lie in a known run, its words); an answer of fewer than `SPAN` words has copied none.

    >>> copied("one two three four five six seven eight nine", spans(["one two three four five six seven eight"]))
    (8, 9)
    """
    tokens = words(answer)
    inside = {start + offset for start, run in enumerate(_runs(tokens)) if run in known for offset in range(SPAN)}
    return len(inside), len(tokens)
