"""ROUGE in any script; `mbegu.metrics.modules` has it as an `evaluate.Metric` that needs no network.

On ASCII text every number equals that of the package rouge_score, the reference implementation in
Python; elsewhere words are Unicode words, where rouge_score sees none. `benchmarks/rouge.py`
prints what the bit-parallel subsequences are worth.

>>> from mbegu.metrics.modules import Rouge
>>> metric = Rouge(keep_in_memory=True)
>>> result = metric.compute(predictions=["ETB 25.5 ብር", "ሰላም"], references=[["ETB 25.5 ዶላር", "25.5 ብር"], ["።"]],
...                         rouge_types=["rouge1"])
>>> {name: round(value, 3) for name, value in result.items()}
{'rouge1': 0.857, 'rouge1_precision': 0.75, 'rouge1_recall': 1.0, 'unscored': 1}
"""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from rapidfuzz.distance import LCSseq

from mbegu.errors import BadInput
from mbegu.text.words import sentences, words

CITATION = """@inproceedings{lin-2004-rouge, title = "{ROUGE}: A Package for Automatic Evaluation of Summaries",
author = "Lin, Chin-Yew", booktitle = "Text Summarization Branches Out", year = "2004", pages = "74--81"}"""
TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
Tokens = list[str]


class Rating(NamedTuple):
    """Each 0 to 1."""

    precision: float  # share of the prediction that the reference has
    recall: float  # share of the reference that the prediction has
    f1: float


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


def score(
    prediction: str, references: Sequence[str], rouge_types: Sequence[str] = TYPES, stemmer: Callable[[str], str] | None = None
) -> dict[str, Rating | None]:
    """Scores of one answer by ROUGE type: of several references the one with the highest F1.

    Args:
        rouge_types: "rouge1" to "rouge9", "rougeL", "rougeLsum".
        stemmer: applied to each word, for instance `porter`.

    Returns:
        None for every type if no reference holds a word: there is nothing to compare with. An answer without a
        word to a reference that has some scores 0.

    Raises:
        BadInput: another type.
    """
    answer = _tokenize(prediction, stemmer)
    expected = [tokens for tokens in (_tokenize(reference, stemmer) for reference in references) if any(tokens)]
    if not expected:
        return dict.fromkeys(rouge_types)
    flat = [*itertools.chain(*answer)]
    found: dict[str, list[Rating]] = {name: [] for name in rouge_types}
    for reference in expected:
        other = [*itertools.chain(*reference)]
        for name in rouge_types:
            found[name].append(_score(name, flat, other, answer, reference))
    return {name: max(scores, key=lambda rated: rated.f1) for name, scores in found.items()}


def _tokenize(text: str, stemmer: Callable[[str], str] | None) -> list[Tokens]:
    """The words of each sentence."""
    tokens = [words(sentence) for sentence in sentences(text)]
    return tokens if stemmer is None else [[stemmer(word) for word in sentence] for sentence in tokens]


def _score(name: str, flat: Tokens, other: Tokens, answer: list[Tokens], reference: list[Tokens]) -> Rating:
    if name == "rougeL" or (name == "rougeLsum" and len(answer) == len(reference) == 1):
        return rouge_l(flat, other)  # a union of one
    if name == "rougeLsum":
        return rouge_lsum(answer, reference)
    if not re.fullmatch(r"rouge[1-9]", name):
        raise BadInput(f"score.rouge: no type {name!r}; there are rouge1 to rouge9, rougeL and rougeLsum.")
    return rouge_n(flat, other, int(name[-1]))


@functools.cache
def porter(word: str) -> str:
    """Porter's stem of an English word of more than three letters, as rouge_score has it with `use_stemmer`."""
    return str(_porter_stemmer().stem(word)) if len(word) > 3 else word


@functools.cache
def _porter_stemmer() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()
