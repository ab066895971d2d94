"""Checks that a machine-written answer must pass before it joins a version. Each is a pure function."""

from mbegu.text import words


def length_problem(text: str, min_words: int, max_words: int) -> tuple[str, float] | None:
    """("too short" or "too long", number of words), or None if the number is within both bounds."""
    count = len(words(text))
    if count < min_words:
        return "too short", count
    return ("too long", count) if count > max_words else None


def repetition(text: str) -> float:
    """Share of word 4-grams that stood in the text before, 0 (none) to 1.

    The measure of degenerate text in Welleck et al. 2019 (arXiv 1908.04319), §6: seq-rep-4.
    """
    tokens = words(text)
    grams = [tuple(tokens[i : i + 4]) for i in range(len(tokens) - 3)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
