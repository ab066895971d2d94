"""Held-out questions by how much better or worse one model answers them than another, in one metric."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mbegu.scoring.headings import HEADINGS, Heading
from mbegu.scoring.measures import Measures, ratio

KINDS = ("better", "worse", "the same")


class Change(NamedTuple):
    """A question that both models answered."""

    id: str
    old: float
    new: float
    kind: str  # of `KINDS`; "the same" also where neither direction of the metric is the better one and nothing changed


def changes(ids: Sequence[str], old: Sequence[Measures], new: Sequence[Measures], metric: str) -> list[Change]:
    """The questions for which both models have the metric, the largest change first, equals in the order given.

    Args:
        metric: a name of `mbegu.scoring.headings`.
    """
    higher = next((heading.higher_is_better for heading in HEADINGS if heading.name == metric), None)
    found = []
    for id_, *measures in zip(ids, old, new, strict=True):
        first, second = (ratio([one], metric) for one in measures)
        if first is not None and second is not None:
            found.append(Change(id_, first, second, _kind(first, second, higher)))
    return sorted(found, key=lambda change: -abs(change.new - change.old))


def _kind(old: float, new: float, higher: bool | None) -> str:
    if abs(new - old) < 5e-7:  # measures have six digits
        return "the same"
    return "better" if (new > old) is (higher is not False) else "worse"


def metrics_of(models: Mapping[str, Sequence[Measures]]) -> list[Heading]:
    """The metrics that all models have of some question, in the order of the tables."""
    known = [{name for row in rows for name in row} for rows in models.values()]
    return [heading for heading in HEADINGS if known and all(heading.name in names for names in known)]
