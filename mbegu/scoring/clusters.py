"""Which held-out questions are not independent of each other."""

from collections import Counter
from collections.abc import Sequence

from mbegu.rows.row import Row


def clusters(questions: Sequence[Row]) -> list[str]:
    """The group of each question: what it says of itself, else the passage that it shares with another one, else nothing."""
    passages = Counter(row["input"] for row in questions if row["input"])
    shared = {passage: f"passage {number}" for number, passage in enumerate(passages, 1) if passages[passage] > 1}
    return [row["group"] or shared.get(row["input"], "") for row in questions]
