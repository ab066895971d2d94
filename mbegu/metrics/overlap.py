"""Exact match and token F1 of short answers, as in SQuAD, over Unicode words.

SQuAD drops English articles; that is left out here, since other languages have none or others.

>>> from mbegu.metrics.modules import Overlap
>>> metric = Overlap(keep_in_memory=True)
>>> result = metric.compute(predictions=["TZS 5,000.", "mwezi Mei"], references=["tzs 5,000", "Mei"])
>>> {name: round(value, 3) for name, value in result.items()}
{'exact_match': 0.5, 'token_f1': 0.833}
"""

from mbegu.metrics.rouge import score
from mbegu.text.words import words

CITATION = """@inproceedings{rajpurkar-etal-2016-squad, title = "{SQ}u{AD}: 100,000+ Questions for Machine Comprehension of Text",
author = "Rajpurkar, Pranav and Zhang, Jian and Lopyrev, Konstantin and Liang, Percy",
booktitle = "Proceedings of EMNLP", year = "2016", pages = "2383--2392"}"""


def exact_match(prediction: str, reference: str) -> float:
    """1.0 if both texts have the same words in the same order (Rajpurkar et al. 2016, §6.1), else 0.0."""
    return float(words(prediction) == words(reference))


def token_f1(prediction: str, reference: str) -> float:
    """F1 of the two bags of words (Rajpurkar et al. 2016, §6.1), 0 to 1; two texts without a word agree."""
    rated = score(prediction, [reference], ("rouge1",))["rouge1"]  # which is None for a reference without a word
    return rated.f1 if rated else float(not words(prediction))
