"""chrF++: character and word n-gram F-score, by sacrebleu. Fair to languages with rich morphology.

Mean over pairs of the sentence-level score, so that answers can be compared question by question.

>>> from mbegu.metrics.modules import ChrF
>>> metric = ChrF(keep_in_memory=True)
>>> result = metric.compute(predictions=["አዲስ ስልክ ብቻ", "b"], references=["አዲስ ስልክ ብቻ", "a"])
>>> round(result["chrf"], 6)
50.0
"""

import functools
from typing import Any

CITATION = """@inproceedings{popovic-2017-chrf, title = "chr{F}++: words helping character n-grams",
author = "Popovi{\\'c}, Maja", booktitle = "Proceedings of the Second Conference on Machine Translation", year = "2017",
pages = "612--618"}"""


@functools.cache
def _scorer() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(word_order=2)


def chrf(prediction: str, reference: str) -> float:
    """chrF++ (Popović 2017): F2 over character 1- to 6-grams and word 1- and 2-grams. 0 to 100."""
    return float(_scorer().sentence_score(prediction, [reference]).score)
