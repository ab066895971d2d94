"""How varied a model's answers are: distinct-n over all of them, repetition within each, and their length.

>>> from mbegu.metrics.modules import Diversity
>>> metric = Diversity(keep_in_memory=True)
>>> result = metric.compute(predictions=["a b a b a b a b", "c d"], references=["a b", "c d e"])
>>> {name: round(value, 3) for name, value in result.items()}
{'distinct1': 0.4, 'distinct2': 0.375, 'repetition': 0.3, 'length_ratio': 2.0}
"""

from collections.abc import Sequence

from mbegu.text.words import words

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
