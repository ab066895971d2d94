"""How varied a model's answers are: distinct-n over all of them, repetition within each, and their length.

>>> from mbegu.metrics.modules import Diversity
>>> metric = Diversity(keep_in_memory=True)
>>> result = metric.compute(predictions=["a b a b a b a b", "c d"], references=["a b", "c d e"])
>>> {name: round(value, 3) for name, value in result.items()}
{'distinct1': 0.4, 'distinct2': 0.375, 'repetition': 0.3, 'length_ratio': 2.0}
"""

from array import array
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from mbegu.text.words import words

CITATION = """@inproceedings{li-etal-2016-diversity,
title = "A Diversity-Promoting Objective Function for Neural Conversation Models",
author = "Li, Jiwei and Galley, Michel and Brockett, Chris and Gao, Jianfeng and Dolan, Bill",
booktitle = "Proceedings of NAACL-HLT", year = "2016", pages = "110--119"}
@article{welleck-etal-2019-neural, title = "Neural Text Generation with Unlikelihood Training",
author = "Welleck, Sean and others", journal = "arXiv:1908.04319", year = "2019"}"""


def distinct(texts: Iterable[str]) -> tuple[float, float]:
    """Distinct-1 and distinct-2 (Li et al. 2016, §5): different words over all words of all texts, and different pairs of words
    that follow each other over all such pairs; 0 if there is none.

    Texts are taken one at a time. Held are the different words, and 8 bytes for each pair, far less than a tuple takes.
    """
    numbers: dict[str, int] = {}
    said, pairs = 0, array("Q")  # the numbers of both words side by side, which are those of no other pair
    for text in texts:
        found = [numbers.setdefault(word, len(numbers)) for word in words(text)]
        said += len(found)
        pairs.extend(first << 32 | second for first, second in pairwise(found))
    return _share(len(numbers), said), _share(_different(pairs), len(pairs))


def _different(pairs: "array[int]") -> int:
    ordered = np.frombuffer(pairs, np.uint64) if pairs else np.empty(0, np.uint64)
    ordered.sort()  # where they stand: numpy's own count of different ones copies them twice
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + bool(pairs)


def _share(different: int, every: int) -> float:
    return different / every if every else 0.0
