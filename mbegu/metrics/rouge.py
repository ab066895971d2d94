"""ROUGE F1 in any script, as an `evaluate.Metric` that needs no network.

On ASCII text every number equals that of the package rouge_score without stemming, the reference
implementation in Python; elsewhere words are Unicode words, where rouge_score sees none.

>>> metric = Rouge(keep_in_memory=True)
>>> result = metric.compute(predictions=["ETB 25.5 ብር"], references=["ETB 25.5 ዶላር"], rouge_types=["rouge1"])
>>> result == {"rouge1": 0.75}
True
"""

import re
from collections import Counter
from collections.abc import Sequence

import datasets
import evaluate
from rapidfuzz.distance import Indel

from mbegu.errors import BadInput
from mbegu.text import words

CITATION = """@inproceedings{lin-2004-rouge, title = "{ROUGE}: A Package for Automatic Evaluation of Summaries",
author = "Lin, Chin-Yew", booktitle = "Text Summarization Branches Out", year = "2004", pages = "74--81"}"""


def rouge_n(prediction: str, reference: str, n: int) -> float:
    """ROUGE-N F1 (Lin 2004, §2): shared n-grams, each counted as often as both texts have it. 0 to 1."""
    grams = [Counter(zip(*(tokens[i:] for i in range(n)), strict=False)) for tokens in (words(prediction), words(reference))]
    return _f1(sum((grams[0] & grams[1]).values()), grams[0].total(), grams[1].total())


def rouge_l(prediction: str, reference: str) -> float:
    """ROUGE-L F1 (Lin 2004, §3.1): the longest common subsequence of the two texts' words. 0 to 1."""
    first, second = words(prediction), words(reference)
    return Indel.normalized_similarity(first, second) if first and second else 0.0


def rouge_lsum(prediction: str, reference: str) -> float:
    """ROUGE-Lsum F1 (Lin 2004, §3.2): union of each reference line's common subsequences with all answer lines. 0 to 1."""
    answer = [words(line) for line in prediction.split("\n")]
    left = Counter(token for line in answer for token in line)
    answer_total = left.total()
    reference_total, hits = 0, 0
    for line in reference.split("\n"):
        tokens = words(line)
        reference_total += len(tokens)
        matched = set().union(*(_common_positions(tokens, other) for other in answer))
        # a word of the answer counts once, however many reference lines it is found in
        for token in (tokens[position] for position in sorted(matched)):
            if left[token] > 0:
                left[token] -= 1
                hits += 1
    return _f1(hits, answer_total, reference_total)


def _common_positions(reference: list[str], answer: list[str]) -> set[int]:
    """Positions in `reference` of one longest common subsequence: of several, the one that ends earliest in it,
    as ROUGE-1.5.5 and rouge_score choose; the union, and so the score, depends on that choice."""
    lengths = [[0] * (len(answer) + 1)]
    for token in reference:
        above, line = lengths[-1], [0]
        for j, other in enumerate(answer):
            line.append(above[j] + 1 if token == other else max(above[j + 1], line[j]))
        lengths.append(line)
    i, j, positions = len(reference), len(answer), set()
    while i and j:
        if reference[i - 1] == answer[j - 1]:
            i, j = i - 1, j - 1
            positions.add(i)
        elif lengths[i][j - 1] > lengths[i - 1][j]:
            j -= 1
        else:
            i -= 1
    return positions


def _f1(hits: int, predicted: int, expected: int) -> float:
    return 2 * hits / (predicted + expected) if hits else 0.0


def per_pair(predictions: Sequence[str], references: Sequence[str], rouge_types: Sequence[str]) -> dict[str, list[float]]:
    """F1 of each pair, by ROUGE type: "rouge1" to "rouge9", "rougeL", "rougeLsum".

    Raises:
        BadInput: another type.
    """
    return {name: [_score(name, *pair) for pair in zip(predictions, references, strict=True)] for name in rouge_types}


def _score(name: str, prediction: str, reference: str) -> float:
    if name == "rougeL":
        return rouge_l(prediction, reference)
    if name == "rougeLsum":
        return rouge_lsum(prediction, reference)
    if not re.fullmatch(r"rouge[1-9]", name):
        raise BadInput(f"score.rouge: no type {name!r}; there are rouge1 to rouge9, rougeL and rougeLsum.")
    return rouge_n(prediction, reference, int(name[-1]))


class Rouge(evaluate.Metric):
    """Mean F1 over pairs for each of `rouge_types`."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="ROUGE F1 over Unicode words.",
            citation=CITATION,
            inputs_description=__doc__,
            features=datasets.Features({"predictions": datasets.Value("string"), "references": datasets.Value("string")}),
        )

    def _compute(
        self,
        predictions: Sequence[str],
        references: Sequence[str],
        rouge_types: Sequence[str] = ("rouge1", "rouge2", "rougeL", "rougeLsum"),
    ) -> dict[str, float]:
        scores = per_pair(predictions, references, rouge_types)
        return {name: sum(values) / len(values) for name, values in scores.items()}
