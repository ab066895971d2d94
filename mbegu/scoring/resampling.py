"""Questions drawn again, and models swapped: what chance does to a difference between two models.

A metric is a ratio of sums over questions, each an array (..., 2) of numerators and weights.
"""

import hashlib
import math
from typing import Any

import numpy as np
from scipy.special import ndtr, stdtrit

RESAMPLES = 10_000
CHUNK = 1_000  # resamples at a time, so that 1,000 questions take 8 MB


def generator_of(questions: int) -> Any:
    """Seeded by the number of questions alone: models of one build are resampled alike."""
    digest = hashlib.sha256(f"significance {questions}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "big")))


def ratios(sums: Any) -> Any:
    """Sums (..., 2) to metrics (...); NaN where there is nothing to divide by."""
    return np.divide(sums[..., 0], sums[..., 1], out=np.full(sums.shape[:-1], np.nan), where=sums[..., 1] != 0)


def bootstrap(first: Any, second: Any, generator: Any) -> Any:
    """Differences (RESAMPLES, metrics) over questions drawn with replacement, the same for both models."""
    questions = len(first)
    found = []
    for _ in range(RESAMPLES // CHUNK):
        counts = generator.multinomial(questions, np.full(questions, 1 / questions), size=CHUNK).astype(float)
        found.append(ratios(np.tensordot(counts, second, 1)) - ratios(np.tensordot(counts, first, 1)))
    return np.concatenate(found)


def swaps_of(first: Any, second: Any, generator: Any) -> Any:
    """Random swaps of the two models, question by question: the differences (RESAMPLES, metrics) that they give, and by
    how much these fall if `second` were worse by 1, so that any other difference can be tested as well as none."""
    found = []
    for _ in range(RESAMPLES // CHUNK):
        swapped = (generator.random((CHUNK, len(first))) < 0.5).astype(float)
        ours, theirs = np.tensordot(swapped, first, 1), np.tensordot(swapped, second, 1)
        seconds, firsts = second.sum(0) - theirs + ours, first.sum(0) - ours + theirs
        kept = np.stack([second.sum(0)[:, 1] - theirs[..., 1], seconds[..., 1]], -1)
        moved = np.stack([theirs[..., 1], firsts[..., 1]], -1)
        found.append([ratios(seconds) - ratios(firsts), ratios(kept) - ratios(moved)])
    return np.concatenate(found, 1)


def p_of(difference: float, swaps: Any, supposed: float) -> float:
    """Two-sided p of the permutation test for a true difference of `supposed`: the share of swaps that give a difference
    at least as far from it; the data as they are count as one (Phipson and Smyth 2010)."""
    distances = np.abs(swaps[0] - supposed * swaps[1])
    hits = int((distances >= abs(difference - supposed) * (1 - 1e-9) - 1e-12).sum())
    return (hits + 1) / (RESAMPLES + 1)


def interval(resampled: Any, error: float, questions: int) -> tuple[float, float]:
    """Percentile interval of bootstrap differences (resamples,), expanded for small samples as in Hesterberg 2015
    ("What Teachers Should Know About the Bootstrap", §4.4): without that, it is too narrow."""
    if questions < 2:
        return -math.inf, math.inf
    tail = float(ndtr(math.sqrt(questions / (questions - 1)) * stdtrit(questions - 1, error / 2)))
    low, high = np.nanquantile(resampled, [tail, 1 - tail])
    return float(low), float(high)
