"""The best of several replies to one request, by rules that need no judge.

Self-consistency (Wang et al. 2022, arXiv 2203.11171): of several samples, the answer that most of them give is right more often
than any one. Here those that break a rule lose first: a form or a check that fails, a quote, number or name that stands nowhere
in what the request is about, a sum that comes out otherwise. Of the rest, the one stays that agrees best with the others.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mbegu.rows.ledger import Entry, entry
from mbegu.rows.row import Row
from mbegu.text import reasons
from mbegu.text.alike import ratio
from mbegu.text.words import words

DISAGREE = 0.5  # of the likeness of two texts whose numbers differ


class Lost(NamedTuple):
    """A sample that did not stay."""

    said: str
    reason: str
    score: float | None = None  # how well it agrees with the others, for one that broke no rule


def agreement(values: Sequence[Any]) -> list[float]:
    """Of each value, its mean likeness to the others: ROUGE-L F1 over words, less where the numbers differ; 1.0 for one alone."""
    texts = [words(spelled(value)) for value in values]
    numbers = [{word for word in text if word.isdigit()} for text in texts]
    found = []
    for place, text in enumerate(texts):
        others = [other for other in range(len(texts)) if other != place]
        scores = [ratio(text, texts[other]) * (1.0 if numbers[other] == numbers[place] else DISAGREE) for other in others]
        found.append(sum(scores) / len(scores) if scores else 1.0)
    return found


def lost_lines(row: Row, lost: Sequence[Lost], stage: str) -> list[Entry]:
    """A ledger line for each: it is no row that is dropped, and the sum of rows does not count it."""
    return [entry({**row, "said": one.said}, stage, "lost", one.reason, one.score) for one in lost]


def spelled(value: Any) -> str:
    """All texts of a JSON value, in order."""
    if isinstance(value, dict):
        return " ".join(spelled(part) for part in value.values())
    return " ".join(spelled(part) for part in value) if isinstance(value, list) else str(value)


def best(values: Sequence[Any], said: Sequence[str]) -> tuple[int, list[Lost]]:
    """The place of the value that agrees best with the others, the first of equals; and what the others lost for.

    Args:
        values: of replies that broke no rule; one at least.
        said: the replies' texts.
    """
    scores = agreement(values)
    chosen = max(range(len(values)), key=lambda place: (scores[place], -place))
    kept = spelled(values[chosen])
    lost = [
        Lost(said[place], reasons.SAME_REPLY if spelled(value) == kept else reasons.AGREES_LESS, scores[place])
        for place, value in enumerate(values)
        if place != chosen
    ]
    return chosen, lost
