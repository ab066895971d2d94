"""Which held-out questions a version answers better or worse than another, and which of its new rows are nearest to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from mbegu.rows.nearest import pool
from mbegu.rows.row import Row, question
from mbegu.scoring.measures import Measures
from mbegu.text.words import words

METRIC = "rougeL"  # ROUGE-L F1: readable beside two texts
NEAREST = 3


def flips(ids: Sequence[str], old: Sequence[Measures], new: Sequence[Measures], metric: str = METRIC) -> list[dict[str, Any]]:
    """Questions by how much `new` answers them better than `old`, the largest gain first; equal ones are left out.

    Returns:
        `id`, `metric`, `old`, `new` and `change` of each.
    """
    found = []
    for id_, first, second in zip(ids, old, new, strict=True):
        if metric in first and metric in second:
            values = [pair[0] / pair[1] for pair in (first[metric], second[metric])]
            change = round(values[1] - values[0], 4)
            if change:
                numbers = {"old": round(values[0], 4), "new": round(values[1], 4), "change": change}
                found.append({"id": id_, "metric": metric, **numbers})
    return sorted(found, key=lambda flip: (-flip["change"], flip["id"]))


def with_nearest(
    flips: Sequence[Mapping[str, Any]], questions: Mapping[str, Row], old: Sequence[Row], new: Sequence[Row]
) -> list[dict[str, Any]]:
    """Flips with `nearest`: the rows of `new`, not in `old`, whose questions are most like the held-out one.

    Args:
        questions: the held-out row of each id.

    Returns:
        In `nearest`: `id`, `instruction` and `similarity` (ROUGE-L F1) of up to three rows; none that has no word in common.
    """
    known = {row["id"] for row in old}
    added = [row for row in new if row["id"] not in known]
    index = pool(added)
    found = []
    for flip in flips:
        near = index.near(words(question(questions[flip["id"]])), 0.0)[:NEAREST]
        rows = [(added[match.position], match.score) for match in near]
        listed = [{"id": row["id"], "instruction": row["instruction"], "similarity": round(score, 4)} for row, score in rows]
        found.append({**flip, "nearest": listed})
    return found


def all_flips(
    ids: Sequence[str],
    models: Mapping[str, Sequence[Measures]],
    pairs: Sequence[tuple[str, str]],
    heldout: Sequence[Row],
    versions: Mapping[str, Sequence[Row]],
) -> list[dict[str, Any]]:
    """Flips of each (new, old) pair, with `pair` and `nearest`; a model without rows, the base, has none to subtract."""
    questions = {row["id"]: row for row in heldout}
    found = []
    for new, old in pairs:
        changed = flips(ids, models[old], models[new])
        nearest = with_nearest(changed, questions, versions.get(old, []), versions.get(new, []))
        found += [{"pair": [new, old], **flip} for flip in nearest]
    return found
