"""Which of two models people prefer, who saw two answers and not whose they were."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from mbegu.rows.judgements import Judgement, last

LEVEL = 0.95


class Wins(NamedTuple):
    """Questions that one model won, that the other won, and on which people saw no difference or disagreed evenly."""

    new: int
    old: int
    neither: int
    low: float  # interval of the share that `new` wins of the questions that either of them won
    high: float


def wins(judgements: Iterable[Judgement], new: str, old: str) -> Wins:
    """Counts questions, not decisions: of several people on one question the majority counts, as they judge the same answers.

    The interval is exact (Clopper and Pearson 1934, Biometrika 26), at 95 %; (0, 1) where nobody won.
    """
    from scipy.stats import binomtest

    margins: dict[str, int] = defaultdict(int)
    for one in last(judgements):
        if {one.left.model, one.right.model} == {new, old}:
            preferred = {"left": one.left.model, "right": one.right.model}.get(one.verdict)
            margins[one.id] += {new: 1, old: -1}.get(preferred or "", 0)
    won, lost = sum(margin > 0 for margin in margins.values()), sum(margin < 0 for margin in margins.values())
    if not won + lost:
        return Wins(0, 0, len(margins), 0.0, 1.0)
    low, high = binomtest(won, won + lost).proportion_ci(LEVEL, "exact")
    return Wins(won, lost, len(margins) - won - lost, float(low), float(high))
