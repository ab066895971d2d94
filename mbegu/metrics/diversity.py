"""How varied a model's answers are: distinct-n over all of them, repetition within each, and their length.

>>> metric = Diversity(keep_in_memory=True)
>>> result = metric.compute(predictions=["a b a b a b a b", "c d"], references=["a b", "c d e"])
>>> {name: round(value, 3) for name, value in result.items()}
{'distinct1': 0.4, 'distinct2': 0.375, 'repetition': 0.3, 'length_ratio': 2.0}
"""

from collections.abc import Sequence

import datasets
import evaluate

from mbegu.filters import repetition
from mbegu.text import words

CITATION = """@inproceedings{li-etal-2016-diversity,
title = "A Diversity-Promoting Objective Function for Neural Conversation Models",
author = "Li, Jiwei and Galley, Michel and Brockett, Chris and Gao, Jianfeng and Dolan, Bill",
booktitle = "Proceedings of NAACL-HLT", year = "2016", pages = "110--119"}
@article{welleck-etal-2019-neural, title = "Neural Text Generation with Unlikelihood Training",
author = "Welleck, Sean and others", journal = "arXiv:1908.04319", year = "2019"}"""


def distinct(texts: Sequence[str], n: int) -> float:
    """Distinct-n (Li et al. 2016, §5): different word n-grams over all n-grams of all texts; 0 if there is none."""
    grams = [gram for tokens in map(words, texts) for gram in zip(*(tokens[i:] for i in range(n)), strict=False)]
    return len(set(grams)) / len(grams) if grams else 0.0


class Diversity(evaluate.Metric):
    """Distinct-1 and -2, mean repetition (seq-rep-4, Welleck et al. 2019, §6), words answered to words of reference."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description="Distinct-n, repetition and length ratio over Unicode words.",
            citation=CITATION,
            inputs_description=__doc__,
            features=datasets.Features({"predictions": text, "references": text}),
        )

    def _compute(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        answered, expected = (sum(len(words(text)) for text in texts) for texts in (predictions, references))
        return {
            "distinct1": distinct(predictions, 1),
            "distinct2": distinct(predictions, 2),
            "repetition": sum(map(repetition, predictions)) / len(predictions),
            "length_ratio": answered / expected if expected else float("nan"),
        }
