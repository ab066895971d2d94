"""How often what is looked for is among the first documents found: recall at k, and the mean reciprocal rank."""

from collections.abc import Sequence, Set

from mbegu.retrieval.search import Searchable, ranked

TOP = (1, 3, 5, 10)


def rank(index: Searchable, query: str, wanted: str | Set[str], kind: str, channel: str | None = None) -> int | None:
    """The place of a document, or of the first of several, among those that a query finds, from 1; None if it is not found."""
    ids = {wanted} if isinstance(wanted, str) else wanted
    places = enumerate(ranked(index, query, kind, channel), 1)
    return next((place for place, hit in places if hit.document.id in ids), None)


def recall(ranks: Sequence[int | None]) -> dict[str, float]:
    """Share of queries whose document is among the first k, and the mean of 1/rank (0 for none found); {} for no query.

    >>> recall([1, 4, None])
    {'recall_at_1': 0.3333, 'recall_at_3': 0.3333, 'recall_at_5': 0.6667, 'recall_at_10': 0.6667, 'mrr': 0.4167}
    """
    if not ranks:
        return {}
    found = [place for place in ranks if place is not None]
    shares = {f"recall_at_{k}": sum(place <= k for place in found) / len(ranks) for k in TOP}
    return {name: round(value, 4) for name, value in {**shares, "mrr": sum(1 / place for place in found) / len(ranks)}.items()}
