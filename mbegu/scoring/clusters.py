"""Which held-out questions are not independent of each other."""

from collections import Counter
from collections.abc import Iterator, Sequence

from mbegu.curating.clusters import Clusters
from mbegu.rows.row import Row


def clusters(questions: Sequence[Row]) -> list[str]:
    """The group of each question, "" for one that stands alone: questions of one declared group, about one passage or of one
    parent, such as a document, belong together, and so do those that are joined by others. It has the name of its first declared
    group, or else the number of its first question."""
    known = Clusters()
    ties = [list(_ties(row)) for row in questions]
    for first, *others in filter(None, ties):
        for other in others:
            known.join(first, other)
    names = [known.name(tie[0]) if tie else "" for tie in ties]
    sizes, called = Counter(names), dict[str, str]()
    for row, name in zip(questions, names, strict=True):
        if name and row["group"]:
            called.setdefault(name, row["group"])
    for number, name in enumerate(dict.fromkeys(names), 1):
        called.setdefault(name, f"questions {number}" if name and sizes[name] > 1 else "")
    return [called[name] for name in names]


def _ties(row: Row) -> Iterator[str]:
    """What a question may share with others."""
    yield from (f"group {row['group']}",) if row["group"] else ()
    yield from (f"input {row['input']}",) if row["input"] else ()
    yield from (f"parent {parent}" for parent in row.get("origin", {}).get("parents", ()))
