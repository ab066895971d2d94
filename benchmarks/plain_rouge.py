"""ROUGE in plain Python, as Mbegu computed it before it took rouge-score-rs: what that is checked against, and measured.

`tests/metrics/test_rouge.py` compares both in every script, `benchmarks/rouge.py` prints what each needs.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rapidfuzz.distance import LCSseq

from mbegu.metrics.rouge import Rating
from mbegu.text.words import sentences, words

Tokens = list[str]


def score(prediction: str, reference: str, rouge_types: Sequence[str]) -> dict[str, Rating]:
    """Scores of one answer by ROUGE type; 0 where a text has no word."""
    answer, expected = ([words(sentence) for sentence in sentences(text)] for text in (prediction, reference))
    flat, other = [*itertools.chain(*answer)], [*itertools.chain(*expected)]
    return {name: _score(name, flat, other, answer, expected) for name in rouge_types}


def _score(name: str, flat: Tokens, other: Tokens, answer: list[Tokens], reference: list[Tokens]) -> Rating:
    if name == "rougeL" or (name == "rougeLsum" and len(answer) == len(reference) == 1):
        return rouge_l(flat, other)  # a union of one
    if name == "rougeLsum":
        return rouge_lsum(answer, reference)
    return rouge_n(flat, other, int(name[-1]))


def rouge_n(prediction: Tokens, reference: Tokens, n: int) -> Rating:
    """ROUGE-N (Lin 2004, §2): shared n-grams, each counted as often as both texts have it."""
    left: Counter[Any] = Counter(_grams(reference, n))
    hits = 0
    for gram in _grams(prediction, n):
        if left.get(gram):  # a Counter's own lookup of what is missing is slow
            left[gram] -= 1
            hits += 1
    return _rated(hits, len(prediction) - n + 1, len(reference) - n + 1)


def _grams(tokens: Tokens, n: int) -> Iterable[Any]:
    return tokens if n == 1 else zip(*(tokens[i:] for i in range(n)), strict=False)


def rouge_l(prediction: Tokens, reference: Tokens) -> Rating:
    """ROUGE-L (Lin 2004, §3.1): the longest common subsequence of the two texts' words."""
    return _rated(LCSseq.similarity(prediction, reference), len(prediction), len(reference))


def rouge_lsum(prediction: list[Tokens], reference: list[Tokens]) -> Rating:
    """ROUGE-Lsum (Lin 2004, §3.2): union of each reference sentence's common subsequences with all of the prediction."""
    left = Counter(itertools.chain(*prediction))
    predicted, expected, hits = left.total(), sum(map(len, reference)), 0
    for tokens in reference:
        matched: set[int] = set().union(*(common_positions(tokens, other) for other in prediction))
        # a word of the prediction counts once, however many reference sentences it is found in
        for token in (tokens[position] for position in sorted(matched)):
            if left[token] > 0:
                left[token] -= 1
                hits += 1
    return _rated(hits, predicted, expected)


def common_positions(reference: Tokens, prediction: Tokens) -> list[int]:
    """Positions in `reference` of one longest common subsequence, last first.

    Of several, the one that rouge_score and ROUGE-1.5.5 walk back to from the end; the union, and so the
    score, depends on that choice. Bit-parallel (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"): bit j of
    row i is 0 where the length grows from column j to j + 1, so a count of bits is a cell of the classic table.
    """
    places: dict[str, int] = {}
    for column, token in enumerate(prediction):
        places[token] = places.get(token, 0) | 1 << column
    every = (1 << len(prediction)) - 1
    rows = [every]
    for token in reference:
        above = rows[-1]
        shared = above & places.get(token, 0)
        rows.append((above + shared | above - shared) & every)
    return list(_walk_back(reference, places, rows, every))


def _walk_back(reference: Tokens, places: dict[str, int], rows: list[int], below: int) -> Iterable[int]:
    """`below`: bits of the columns that are left."""
    for position in range(len(reference) - 1, -1, -1):
        found = places.get(reference[position], 0) & below
        if not found:
            continue
        # matching at once, or by going left in a row that is longer here than the one above it
        if found > below >> 1 or (rows[position + 1] & below).bit_count() < (rows[position] & below).bit_count():
            yield position
            below = (1 << found.bit_length() - 1) - 1


def _rated(hits: int, predicted: int, expected: int) -> Rating:
    if not hits:
        return Rating(0.0, 0.0, 0.0)
    precision, recall = hits / predicted, hits / expected
    return Rating(precision, recall, 2 * precision * recall / (precision + recall))
