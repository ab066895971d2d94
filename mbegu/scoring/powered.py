"""A rate from a few decisions of people and many of a judge: prediction-powered inference.

The judge's mean over questions that nobody decided on is corrected by how people differ from it on those that somebody did
(Angelopoulos et al. 2023, "Prediction-powered inference", Science 382; arXiv 2301.09633). The judge counts by a weight that is
chosen from the data (arXiv 2311.01453, "PPI++", §6): one that says nothing of what people say gets 0, and what is left is the
mean of people alone. However wrong the judge is, the interval holds, if the questions that people decided on are a random part of
all. `ppi-python` has the same estimator, but no groups, and comes with numba and a downloader.

Questions of a group are not independent, so variances are of sums over groups (Liang and Zeger 1986), and the interval is
Student's t. It is that of the decisions with two groups made up, one at either end of what is possible, after Agresti and Coull
1998 ("Approximate is better than exact"): without them a few decisions that all agree would leave no width, and the interval
would hold too seldom near 0 and 1. `benchmarks/judge.py` counts how often it holds.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from mbegu.scoring.fewest import LEVEL, fewest


class Rate(NamedTuple):
    """A mean of numbers from 0 to 1, and its 95 % interval."""

    rate: float
    low: float
    high: float
    weight: float  # of the judge's decisions, from 0 to 1
    units: int  # groups with a decision, a question without a group being one


def powered(people: Any, judge: Any, groups: Sequence[str] = ()) -> Rate:
    """What people would say of all questions, in the mean.

    Args:
        people: what they said of each question, from 0 to 1; NaN where nobody decided. Somebody must have decided on one.
        judge: what it said of each, likewise, without any NaN.
        groups: the group of each question, "" for none; or nothing.

    Returns:
        With fewer than 6 groups that have a decision, an interval from 0 to 1: they say nothing of the others.
    """
    people, judge, places = np.asarray(people, float), np.asarray(judge, float), _places(groups, len(people))
    known = ~np.isnan(people)
    weight = _weight(people[known], judge[known], judge)
    corrected, rest = people[known] - weight * judge[known], weight * judge[~known]
    rate = float(corrected.mean() + (rest.mean() if rest.size else 0.0))
    units = len(set(places[known]))
    low, high = _interval(corrected, rest, weight, places, known) if units >= fewest(1) else (0.0, 1.0)
    rate, low, high = (min(max(value, 0.0), 1.0) for value in (rate, low, high))
    return Rate(rate, low, high, weight, units)


def _interval(corrected: Any, rest: Any, weight: float, places: Any, known: Any) -> tuple[float, float]:
    """Student's t over groups, of which two are made up.

    Args:
        corrected: what people said less what the judge counts, where they decided.
        rest: what the judge counts where they did not.
        places: the number of each question's group.
        known: whether they decided on it.
    """
    units = len(set(places[known]))
    made_up, each = np.array([-weight, 1.0]), len(corrected) / units  # at the ends, of as many questions as the others
    total = len(corrected) + 2 * each
    middle = (corrected.sum() + each * made_up.sum()) / total
    influence = np.zeros(len(places))
    influence[known] = (corrected - middle) / total
    if rest.size:
        influence[~known] = (rest - rest.mean()) / rest.size
    sums = np.append(np.bincount(places, influence), each * (made_up - middle) / total)
    half = -float(stdtrit(units + 1, (1 - LEVEL) / 2) * np.sqrt((sums**2).sum() * (units + 2) / (units + 1)))
    centre = float(middle + (rest.mean() if rest.size else 0.0))
    return centre - half, centre + half


def alone(values: Any, groups: Sequence[str] = ()) -> Rate:
    """The mean of what is known, NaN being unknown, without any judge."""
    return powered(values, np.zeros(len(values)), groups)


def _weight(people: Any, judge: Any, everywhere: Any) -> float:
    """The weight with the least variance (PPI++, example 6.1), kept from 0 to 1; 0 where it can't be told."""
    rest = len(everywhere) - len(people)
    variance = float(everywhere.var(ddof=1)) if len(everywhere) > 1 else 0.0
    if not rest or not variance or len(people) < 2:
        return 0.0
    covariance = float(np.cov(people, judge)[0, 1])
    return min(max(covariance / ((1 + len(people) / rest) * variance), 0.0), 1.0)


def _places(groups: Sequence[str], questions: int) -> Any:
    """The number of each question's group; one without a group has its own."""
    keys = [(group, -1 if group else number) for number, group in enumerate(groups or [""] * questions)]
    order = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return np.array([order[key] for key in keys])
