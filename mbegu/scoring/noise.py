"""How much of a difference is the random number that an adapter was trained with?

The same version, trained again with another seed (first weights, order, dropout, batches), answers otherwise. A few such
trainings say how far their scores lie apart, and a difference between two adapters must be larger than that to say something
of their datasets: random effects over questions and trainings (Searle, Casella and McCulloch 1992, §4; for such models of
scores of neural networks, Bouthillier et al. 2021, "Accounting for Variance in Machine Learning Benchmarks", §3).

Assumed: versions of one project have the same variance between trainings; `unequal` tests it where two have been trained again.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import fdtrc, stdtr, stdtrit

Measures = Mapping[str, Any]  # by metric: array (questions, 2) of numerators and denominators


class Noise(NamedTuple):
    """What trainings of one version differ by in one metric."""

    between: float  # variance of the score between trainings, on these questions
    main: float  # the part of it that more questions would not lessen
    freedom: int  # degrees of freedom of both
    unequal: float | None  # p of the test that versions differ in `between`; None for fewer than two versions


class Uncertainty(NamedTuple):
    """A variance and its degrees of freedom."""

    variance: float
    freedom: float


def training_noise(versions: Iterable[Sequence[Measures]], names: Iterable[str]) -> dict[str, Noise]:
    """By metric, what is known of training noise from versions that were trained more than once.

    Args:
        versions: of each version, its trainings' measures of the same questions.
        names: metrics; one that a training has no data for is left out.
    """
    trained = [trainings for trainings in versions if len(trainings) > 1]
    found = {}
    for name in names:
        stacks = [np.stack([np.asarray(training[name], float) for training in trainings]) for trainings in trained]
        if stacks and all(stack[..., 1].any(axis=1).all() for stack in stacks):
            found[name] = _pooled([_components(stack) for stack in stacks])
    return found


def _components(stack: Any) -> tuple[float, float, int]:
    """Variance between trainings, what questions alone explain of it, and degrees of freedom, from (trainings, questions, 2)."""
    trainings, questions, _ = stack.shape
    sums = stack.sum(1)
    ratios = sums[:, 0] / sums[:, 1]
    # a ratio of sums is, for small changes, a mean of these (the delta method)
    influence = (stack[..., 0] - ratios[:, None] * stack[..., 1]) / sums[:, 1, None]
    sampling = float(influence.var(0, ddof=1).sum()) * questions / max(questions - 1, 1)
    return float(ratios.var(ddof=1)), sampling, trainings - 1


def _pooled(components: Sequence[tuple[float, float, int]]) -> Noise:
    freedom = sum(one[2] for one in components)
    between = sum(one[0] * one[2] for one in components) / freedom
    sampling = sum(one[1] * one[2] for one in components) / freedom
    return Noise(between, max(0.0, between - sampling), freedom, _unequal(components))


def _unequal(components: Sequence[tuple[float, float, int]]) -> float | None:
    """Hartley's ratio of the largest to the smallest variance, as an F test, with Bonferroni's correction over the pairs."""
    if len(components) < 2:
        return None
    low, high = min(components), max(components)
    if high[0] == 0:
        return 1.0
    if low[0] == 0:
        return 0.0
    pairs = len(components) * (len(components) - 1)
    return min(1.0, pairs * float(fdtrc(high[2], low[2], high[0] / low[0])))


def uncertainties(noise: Noise, trained: int, standard_error: float, questions: int) -> list[Uncertainty]:
    """What a difference must be larger than: the spread between trainings, and that of questions and trainings together.

    The first alone is right where trainings differ by more than questions do and few were made, the second where both matter
    (its degrees of freedom after Satterthwaite 1946); `benchmarks/verdicts.py` shows that the wider of both, and of the
    intervals over questions, errs in at most the promised share.

    Args:
        trained: how many of the two models are trained, and so noisy; 0 where both are the same adapter.
        standard_error: of the difference over questions.
    """
    if not trained:
        return []
    over_questions, over_trainings = standard_error**2, trained * noise.main
    both = over_questions + over_trainings
    parts = over_questions**2 / max(questions - 1, 1) + over_trainings**2 / noise.freedom
    found = [Uncertainty(trained * noise.between, noise.freedom)]
    return [*found, Uncertainty(both, both**2 / parts)] if parts else found


def p_value(difference: float, uncertainty: Uncertainty) -> float:
    """Two-sided p of Student's t for no difference."""
    if not uncertainty.variance:
        return float(difference == 0)
    return 2 * float(stdtr(uncertainty.freedom, -abs(difference) / math.sqrt(uncertainty.variance)))


def half_width(uncertainty: Uncertainty, error: float) -> float:
    """Half of an interval that leaves out a share of `error`; infinite for an error of 0."""
    if not error:
        return math.inf
    return -float(stdtrit(uncertainty.freedom, error / 2)) * math.sqrt(uncertainty.variance)


def share(noise: Noise | None, trained: int, standard_error: float) -> float | None:
    """The part of a difference's variance that is training noise, from 0 to 1; None if nothing is known of it."""
    if not trained:
        return 0.0
    if noise is None:
        return None
    over_trainings = trained * noise.main
    both = standard_error**2 + over_trainings
    return over_trainings / both if both else 0.0
