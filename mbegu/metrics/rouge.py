"""ROUGE in any script; `mbegu.metrics.modules` has it as an `evaluate.Metric` that needs no network.

On ASCII text every number equals that of the package rouge_score, the reference implementation in
Python; elsewhere words are Unicode words, where rouge_score sees none. `benchmarks/rouge.py`
prints what a library in Rust is worth.

>>> from mbegu.metrics.modules import Rouge
>>> metric = Rouge(keep_in_memory=True)
>>> result = metric.compute(predictions=["ETB 25.5 ብር", "ሰላም"], references=[["ETB 25.5 ዶላር", "25.5 ብር"], ["።"]],
...                         rouge_types=["rouge1"])
>>> {name: round(value, 3) for name, value in result.items()}
{'rouge1': 0.857, 'rouge1_precision': 0.75, 'rouge1_recall': 1.0, 'unscored': 1}
"""

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rouge_score_rs._rougers import Scorer

from mbegu.errors import BadInput
from mbegu.text.words import sentences, words

CITATION = """@inproceedings{lin-2004-rouge, title = "{ROUGE}: A Package for Automatic Evaluation of Summaries",
author = "Lin, Chin-Yew", booktitle = "Text Summarization Branches Out", year = "2004", pages = "74--81"}"""
TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
ASCII_WORD = re.compile("[A-Za-z0-9]")
Stemmer = Callable[[str], str]


class Rating(NamedTuple):
    """Each 0 to 1."""

    precision: float  # share of the prediction that the reference has
    recall: float  # share of the reference that the prediction has
    f1: float


def score(
    prediction: str, references: Sequence[str], rouge_types: Sequence[str] = TYPES, stemmer: Stemmer | None = None
) -> dict[str, Rating | None]:
    """Scores of one answer by ROUGE type (Lin 2004, §2 and §3): of several references the one with the highest F1.

    Args:
        rouge_types: "rouge1" to "rouge9", "rougeL", "rougeLsum".
        stemmer: applied to each word, for instance `porter`.

    Returns:
        None for every type if no reference holds a word: there is nothing to compare with. An answer without a
        word to a reference that has some scores 0.

    Raises:
        BadInput: another type.
    """
    every = "".join(references)
    if stemmer is not None or not (prediction.isascii() and every.isascii()):
        prediction, *references = (_spelled(text, stemmer) for text in (prediction, *references))
        every = "".join(references)
    scorer, found_as = _scorer(tuple(rouge_types), "\n" in prediction or "\n" in every)
    if not ASCII_WORD.search(every):
        return dict.fromkeys(rouge_types)
    found = scorer.score_multi([*references], prediction)  # in which a reference without a word has 0, never the only best
    return {name: found[same] for name, same in found_as} if found_as else found


@functools.lru_cache(1024)
def _spelled(text: str, stemmer: Stemmer | None) -> str:
    """A text that the library cuts into our words and sentences: each word in hexadecimal digits, each sentence a line."""
    lines = ((word if stemmer is None else stemmer(word) for word in words(sentence)) for sentence in sentences(text))
    return "\n".join(" ".join(word.encode(errors="surrogatepass").hex() for word in line) for line in lines)


@functools.cache
def _scorer(rouge_types: tuple[str, ...], several: bool) -> tuple[Any, list[tuple[str, str]]]:
    """A scorer of ASCII texts, and under what name it has each type; nothing if each has its own. Lsum of texts that aren't
    `several` sentences is L, which the library finds 30 times as fast.

    Raises:
        BadInput: an unknown type.
    """
    for name in rouge_types:
        if not re.fullmatch(r"rouge([1-9]|L|Lsum)", name):
            raise BadInput(f"score.rouge: no type {name!r}; there are rouge1 to rouge9, rougeL and rougeLsum.")
    found_as = [(name, "rougeL" if name == "rougeLsum" and not several else name) for name in rouge_types]
    asked = [*dict.fromkeys(same for _, same in found_as)]
    # native, and so with a Rating at once: by way of RougeScorer, which is Python, a pair took a sixth longer
    return Scorer(asked, use_stemmer=False, score_class=Rating), [] if asked == [*rouge_types] else found_as


@functools.cache
def porter(word: str) -> str:
    """Porter's stem of an English word of more than three letters, as rouge_score has it with `use_stemmer`."""
    return str(_porter_stemmer().stem(word)) if len(word) > 3 else word


@functools.cache
def _porter_stemmer() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()
