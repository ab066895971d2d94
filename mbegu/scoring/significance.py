"""Is one model better than another on the same questions? Paired bootstrap, permutation test, Holm's correction.

A metric is a ratio of sums over questions: a mean is one with weights of 1, a loss per byte one with
bytes as weights. Both tests keep the two answers to a question together, so that hard questions do not
hide a difference (Efron and Tibshirani 1993, §16; Dror et al. 2018, "The Hitchhiker's Guide to Testing
Statistical Significance in NLP", §3).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from mbegu.scoring.fewest import LEVEL, fewest_at
from mbegu.scoring.noise import Noise, Uncertainty, half_width, p_value, share, uncertainties
from mbegu.scoring.resampling import bootstrap, generator_of, interval, p_of, ratios, swaps_of

POWER = 0.8  # chance of finding a true difference, for the size of set that would be needed
Measures = Mapping[str, Any]  # by metric: array (questions, 2) of numerators and denominators


def compare_pair(
    first: Measures,
    second: Measures,
    higher_is_better: Mapping[str, bool],
    noise: Mapping[str, Noise] | None = None,
    trained: int = 2,
) -> dict[str, dict[str, Any]]:
    """How `second` differs from `first` in each metric of `higher_is_better`, measured on the same questions.

    Args:
        noise: by metric, how trainings of one version differ; without it, a verdict is about these two adapters.
        trained: how many of the two models are trained with a seed of their own.

    Returns:
        By metric: `difference` (second minus first); `low` and `high`, an interval at the level that Holm's
        procedure (1979) reaches for this metric, so that a comparison's intervals hold together with 95 %:
        the widest of bootstrap, permutation test and training noise on either side; `low_alone` and
        `high_alone`, the 95 % bootstrap interval of this metric alone; `p` of the permutation test, or that of
        training noise if larger, and `p_holm`, corrected over the metrics; `noise`, the share of the
        difference's variance that is training noise, None if nothing is known of it; `effect`, Cohen's d of the
        paired differences; `n`, questions that count; `verdict`, "better" or "worse" if `low` and `high`
        exclude 0, else "not distinguishable"; `n_needed`, about how many questions would show a difference of
        this size with a power of 80 %, None if no number would.

        A metric that either model has no data for is left out.
    """
    names = [name for name in higher_is_better if first[name][:, 1].any() and second[name][:, 1].any()]
    if not names:
        return {}
    before, after = (np.stack([np.asarray(model[name], float) for name in names], 1) for model in (first, second))
    differences = ratios(after.sum(0)) - ratios(before.sum(0))
    generator = generator_of(len(before))
    resampled = bootstrap(before, after, generator)
    swaps = swaps_of(before, after, generator)
    samples = [
        Samples(
            float(differences[index]),
            resampled[:, index],
            swaps[:, :, index],
            int((before[:, index, 1] + after[:, index, 1] > 0).sum()),
            (noise or {}).get(name),
            trained,
        )
        for index, name in enumerate(names)
    ]
    p_values = [_p_of(one) for one in samples]
    described = zip(names, samples, p_values, _holm(p_values), strict=True)
    return {name: _describe(one, p, holm, higher_is_better[name]) for name, one, p, holm in described}


class Samples(NamedTuple):
    """What is known of one metric's difference."""

    difference: float
    resampled: Any  # bootstrap differences, (resamples,)
    swaps: Any  # of the permutation test, (2, resamples)
    questions: int
    noise: Noise | None  # between trainings, if anything is known of it
    trained: int  # how many of the two models it is about

    def spread(self) -> float:
        """Standard error of the difference over questions."""
        return float(np.nanstd(self.resampled)) * math.sqrt(self.questions / max(self.questions - 1, 1))

    def trainings(self) -> list[Uncertainty]:
        """What training noise makes of it, in one way or two."""
        return uncertainties(self.noise, self.trained, self.spread(), self.questions) if self.noise else []


def _p_of(samples: Samples) -> float:
    """The largest p of the tests that a difference must pass."""
    over_questions = p_of(samples.difference, samples.swaps, 0.0)
    return max([over_questions, *(p_value(samples.difference, one) for one in samples.trainings())])


def _farthest(samples: Samples, error: float, step: float) -> float:
    """The difference farthest from the measured one, in the direction of `step`, that the permutation test does not
    reject at level `error`; infinite if it can reject none, as with five questions."""
    near, far = samples.difference, samples.difference + step
    for _ in range(30):
        if p_of(samples.difference, samples.swaps, far) <= error:
            break
        near, far, step = far, far + 2 * step, 2 * step
    else:
        return math.copysign(math.inf, step)
    for _ in range(30):
        middle = (near + far) / 2
        near, far = (near, middle) if p_of(samples.difference, samples.swaps, middle) <= error else (middle, far)
    return near


def _holm(p_values: list[float]) -> list[tuple[float, float]]:
    """Each test's corrected p and the error level at which Holm's step-down procedure judges it."""
    order = np.argsort(p_values, kind="stable")
    found: list[tuple[float, float]] = [(1.0, 0.0)] * len(order)
    worst, level = 0.0, 0.0
    for rank, index in enumerate(order):
        if worst < 1 - LEVEL:  # all before it were rejected
            level = (1 - LEVEL) / (len(order) - rank)
        worst = max(worst, min(1.0, p_values[index] * (len(order) - rank)))
        found[index] = (worst, level)
    return found


def _describe(samples: Samples, p: float, holm: tuple[float, float], higher: bool) -> dict[str, Any]:
    difference, resampled, questions = samples.difference, samples.resampled, samples.questions
    p_holm, error = holm
    spread = samples.spread()
    low, high = interval(resampled, error, questions)
    if step := spread or abs(difference):  # where all questions differ by the same, few of them still show nothing
        low, high = min(low, _farthest(samples, error, -step)), max(high, _farthest(samples, error, step))
    widths = [half_width(one, error) for one in samples.trainings()]
    low, high = min([low, *(difference - width for width in widths)]), max([high, *(difference + width for width in widths)])
    alone = interval(resampled, 1 - LEVEL, questions)
    verdict = "not distinguishable"
    if low > 0 or high < 0:
        verdict = "better" if (difference > 0) == higher else "worse"
    return {
        "difference": difference,
        "low": low,
        "high": high,
        "low_alone": alone[0],
        "high_alone": alone[1],
        "p": p,
        "p_holm": p_holm,
        "effect": difference / (spread * math.sqrt(questions)) if spread else 0.0,
        "n": questions,
        "verdict": verdict,
        "n_needed": _needed(samples, error),
        "noise": share(samples.noise, samples.trained, spread),
    }


def _needed(samples: Samples, error: float) -> int | None:
    """As `needed`; None where trainings differ by so much that more questions alone would not show this difference."""
    known = samples.noise if samples.trained else None
    if known is None:
        return needed(samples.difference, samples.spread(), samples.questions, error)
    lasting = Uncertainty(samples.trained * known.main, known.freedom)
    if half_width(lasting, error) >= abs(samples.difference):
        return None
    count = needed(samples.difference, samples.spread(), samples.questions, error, lasting.variance)
    return None if count is None or count <= samples.questions else count


def own_intervals(model: Measures, names: Iterable[str]) -> dict[str, tuple[float, float]]:
    """95 % bootstrap interval of each metric of one model that it has data for; infinite for as few questions, or groups of them,
    as no difference could be told by."""
    kept = [name for name in names if model[name][:, 1].any()]
    if not kept:
        return {}
    stack = np.stack([np.asarray(model[name], float) for name in kept], 1)
    resampled = bootstrap(np.broadcast_to([0.0, 1.0], stack.shape), stack, generator_of(len(stack)))
    counts = (stack[:, :, 1] > 0).sum(0)
    return {
        name: interval(resampled[:, index], 1 - LEVEL, int(counts[index]))
        if counts[index] >= fewest_at(1 - LEVEL)
        else (-math.inf, math.inf)
        for index, name in enumerate(kept)
    }


def needed(difference: float, spread: float, questions: int, error: float, lasting: float = 0.0) -> int | None:
    """How many questions would tell a difference of this size apart with a power of 80 %, if they are like these; never fewer
    than the permutation test needs to reject anything; None if no number would.

    Args:
        spread: standard error of the difference at `questions` questions.
        error: two-sided error level of the test.
        lasting: variance of the difference that more questions do not lessen.
    """
    allowed = (difference / float(ndtri(1 - error / 2) + ndtri(POWER))) ** 2 - lasting
    return max(math.ceil(questions * spread**2 / allowed), fewest_at(error)) if allowed > 0 else None


def with_verdict(verdicts: Mapping[str, Mapping[str, Any]], verdict: str) -> list[str]:
    """Names of the metrics with this verdict."""
    return [name for name, found in verdicts.items() if found["verdict"] == verdict]


def as_arrays(
    rows: Iterable[Mapping[str, tuple[float, float]]], names: Iterable[str], groups: Sequence[str] = ()
) -> dict[str, Any]:
    """Measures of questions, {metric: (numerator, weight)}, as one array (questions, 2) a metric; (0, 0) where one has none.

    Args:
        groups: the group of each question, "" for none; or nothing. Questions of a group, such as those of a channel, are not
            independent: they are summed, so that tests resample and swap whole groups (the cluster bootstrap of Davison and
            Hinkley 1997, §3.8), and `n` counts groups.
    """
    listed = list(rows)
    arrays = {name: np.array([row.get(name, (0.0, 0.0)) for row in listed], float).reshape(len(listed), 2) for name in names}
    if not any(groups):
        return arrays
    keys = {(group, "" if group else number): None for number, group in enumerate(groups)}
    order = {key: position for position, key in enumerate(keys)}
    places = [order[(group, "" if group else number)] for number, group in enumerate(groups)]
    return {name: _summed(array, places, len(order)) for name, array in arrays.items()}


def _summed(array: Any, places: list[int], count: int) -> Any:
    found = np.zeros((count, 2))
    np.add.at(found, places, array)
    return found
