"""What sets of word sequences that are nearly alike most likely have in common, as a few keys to look them up by.

MinHash (Broder 1997; here as in Dahlgaard et al. 2017, "Fast Similarity Sketching", by rensa) with locality-sensitive hashing
(Leskovec et al., Mining of Massive Datasets, §3.4). Two sets with the same key are a candidate, and no more: whoever asks
compares them exactly.
"""

from array import array
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
from rensa import RMinHash

# A candidate too many costs one exact comparison, a miss a duplicate in the set: so candidates are sought well below the
# bound, and bands weighed for few misses. With 128 permutations a pair at 0.7 is then missed once in 1,200.
SOUGHT, MISSED = 0.8, 0.9
STEPS = 1000  # of an integral
SEED = 1
Key = tuple[int, bytes]  # a band, its values


class Shape(NamedTuple):
    """How a sketch is cut into bands."""

    bands: int
    rows: int  # values of a band
    permutations: int  # values of a sketch, of which the last may stand in no band


def above(bound: float, permutations: int) -> Shape:
    """The bands by which pairs with a Jaccard index above a bound are found."""
    return shape(SOUGHT * bound, permutations, MISSED)


@cache
def shape(threshold: float, permutations: int, missed: float) -> Shape:
    """The bands that err least about a Jaccard index of `threshold`.

    Args:
        missed: 0 to 1, what a pair above the threshold that is missed counts; one below it that is compared counts the rest.
    """
    index = (np.arange(STEPS) + 0.5) / STEPS
    alike = index > threshold

    def error(one: Shape) -> float:
        shared = 1 - (1 - index**one.rows) ** one.bands  # how likely two sets of each index have a key in common
        return float(missed * (1 - shared)[alike].sum() + (1 - missed) * shared[~alike].sum())

    every = (Shape(b, r, permutations) for b in range(1, permutations + 1) for r in range(1, permutations // b + 1))
    return min(every, key=error)


def keys(grams: Iterable[str], cut: Shape) -> list[Key]:
    """The keys of a set, one a band."""
    sketch = RMinHash(cut.permutations, SEED)
    sketch.update([*grams])
    values = array("I", sketch.digest()).tobytes()
    size = cut.rows * array("I").itemsize
    return [(band, values[band * size : (band + 1) * size]) for band in range(cut.bands)]
