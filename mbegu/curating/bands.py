"""What sets of word sequences that are nearly alike most likely have in common, as a few keys to look them up by.

MinHash (Broder 1997; here as in Dahlgaard et al. 2017, "Fast Similarity Sketching", by rensa) with locality-sensitive hashing
(Leskovec et al., Mining of Massive Datasets, §3.4). Two sets with the same key are a candidate, and no more: whoever asks
compares them exactly.
"""

from array import array
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from rensa import RMinHash

# A candidate too many costs one exact comparison, a miss a duplicate in the set: so candidates are sought well below the
# bound, and bands weighed for few misses. With 128 permutations a pair at 0.7 is then missed once in 1,200.
SOUGHT, MISSED = 0.8, 0.9
STEPS = 1000  # of an integral
SEED = 1
Key = tuple[int, bytes]  # a band, its values
MOST = 1 << 16  # bands
MIX, HALF = np.uint64(0xFF51AFD7ED558CCD), np.uint64(32)


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
    values = array("I", _digest(grams, cut)).tobytes()
    size = cut.rows * array("I").itemsize
    return [(band, values[band * size : (band + 1) * size]) for band in range(cut.bands)]


def _digest(grams: Iterable[str], cut: Shape) -> list[int]:
    sketch = RMinHash(cut.permutations, SEED)
    sketch.update([*grams])
    return list(sketch.digest())


def hashed(grams: Iterable[str], cut: Shape, kind: int) -> "array[int]":
    """The keys of a set as 64 bits each, of a band's values, its place and `kind`: for many sets, which are to be sorted by key.

    Keys that differ have the same bits once in 10^19 pairs; whoever compares the sets exactly finds that out.
    """
    values = np.array(_digest(grams, cut)[: cut.bands * cut.rows], np.uint64).reshape(cut.bands, cut.rows)
    found = np.arange(kind * MOST, kind * MOST + cut.bands, dtype=np.uint64)
    for column in values.T:  # as MurmurHash3 mixes (Appleby 2008), one value after the other
        found = (found ^ column) * MIX
        found ^= found >> HALF
    return array("Q", found.tobytes())


def shared(every: Iterable["array[int]"]) -> Any:
    """The keys (`hashed`) that stand more than once, sorted: what a shuffle brings together. Most keys are of one set alone."""
    ordered = np.concatenate([np.frombuffer(one, np.uint64) for one in every])
    ordered.sort()
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def among(own: "array[int]", common: Any) -> list[int]:
    """Those of a set's keys that are among `shared` ones."""
    if not common.size:
        return []
    values = np.frombuffer(own, np.uint64)
    places = np.minimum(np.searchsorted(common, values), common.size - 1)
    return list(values[common[places] == values].tolist())
