"""How well probabilities agree with labels: precision, recall and F1 of label 1 with intervals, and how calibrated they are."""

from typing import Any

import numpy as np

from mbegu.text import draws

RESAMPLES, CHUNK = 10_000, 1_000
LEVEL = 95  # per cent
BINS = 10
DIGITS = 4
Array = Any  # of numpy


def measure(probabilities: Array, labels: Array, groups: Array) -> dict[str, float | None]:
    """Flat figures by name, None where there is nothing to divide by.

    The intervals are the percentile bootstrap's (Efron and Tibshirani 1993, §13), which draws groups: what is alike is right or
    wrong together. Where every answer is right they have no width, however few there are. `brier` is the mean squared error of
    the probabilities (Brier 1950), `calibration_error` the mean distance between probability and share of ones over ten bins
    of equal width, weighed by their counts (Naeini et al. 2015).

    Args:
        probabilities: of label 1, (texts,).
        labels: 0 or 1, (texts,).
        groups: numbers of the groups, (texts,).
    """
    guessed = probabilities >= 0.5
    counts = np.stack([guessed & (labels == 1), guessed, labels == 1], 1).astype(int)
    _, places = np.unique(groups, return_inverse=True)
    summed = np.zeros((places.max() + 1, 3), int)
    np.add.at(summed, places, counts)
    found, resampled = _ratios(counts.sum(0)), _bootstrap(summed)
    figures: dict[str, float | None] = {}
    for name, value in found.items():
        figures |= {name: _rounded(value), **_interval(name, resampled[name])}
    errors = {"brier": np.mean((probabilities - labels) ** 2), "calibration_error": _calibration_error(probabilities, labels)}
    return figures | {name: _rounded(value) for name, value in errors.items()}


def _ratios(counts: Array) -> dict[str, Array]:
    """From (…, 3): right ones, guessed ones, ones."""
    right, guessed, ones = np.moveaxis(np.asarray(counts, float), -1, 0)
    with np.errstate(invalid="ignore"):
        return {"precision": right / guessed, "recall": right / ones, "f1": 2 * right / (guessed + ones)}


def _bootstrap(counts: Array) -> dict[str, Array]:
    """The ratios of resamples of (groups, 3); the seed follows from the counts."""
    size = len(counts)
    generator = np.random.default_rng(draws.seed(str(counts.tolist())))
    parts = [generator.multinomial(size, np.full(size, 1 / size), CHUNK) @ counts for _ in range(RESAMPLES // CHUNK)]
    return _ratios(np.concatenate(parts))


def _interval(name: str, resampled: Array) -> dict[str, float | None]:
    known = resampled[~np.isnan(resampled)]
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(known, [tail, 100 - tail]) if known.size else (np.nan, np.nan)
    return {f"{name}_low": _rounded(low), f"{name}_high": _rounded(high)}


def _calibration_error(probabilities: Array, labels: Array) -> float:
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    sums = np.bincount(bins, probabilities - labels, BINS)  # of the distances in each bin
    return float(np.abs(sums).sum() / len(labels))


def _rounded(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), DIGITS)
