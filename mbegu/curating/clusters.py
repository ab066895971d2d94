"""Rows that belong on one side of a split: made of one text, or alike."""

import re
from collections import defaultdict
from collections.abc import Collection

from mbegu.curating import bands
from mbegu.curating.leakage import find_leaks, guard
from mbegu.errors import BadInput
from mbegu.rows.parts import Frames, parts, said
from mbegu.rows.row import Row, question

ALIKE = 0.8  # Jaccard index of the 3-grams of two texts that are one, but for a slip or a mark
GRAM = 3  # words
PERMUTATIONS = 64
FIELDS = ("input", "instruction", "output")


class Clusters:
    """Names of texts that became one: union-find, the first name in order being that of all."""

    def __init__(self) -> None:
        self.above: dict[str, str] = {}

    def name(self, name: str) -> str:
        """What the cluster of a name is called."""
        while (above := self.above.get(name, name)) != name:
            self.above[name] = self.above.get(above, above)
            name = above
        return name

    def join(self, first: str, second: str) -> None:
        """Makes one cluster of two."""
        low, high = sorted((self.name(first), self.name(second)))
        if low != high:
            self.above[high] = low


def named(rows: list[Row], group: str) -> list[str]:
    """What each row is grouped by: a field, a column of its origin, what a regular expression finds in its question, or else its
    id.

    Args:
        group: the name of a field or a column, or a regular expression, of which the first group counts if it has one.

    Raises:
        BadInput: the expression is none, or no row has a value.
    """
    values = [_field(row, group) for row in rows]
    if not any(values):
        values = _found(rows, group)
    if not any(values):
        raise BadInput(
            f"split.group: {group!r} is no column of the rows and is found in no question; name one, or leave it empty."
        )
    return [f"{group} {value}" if value else row["id"] for row, value in zip(rows, values, strict=True)]


def _field(row: Row, name: str) -> str:
    columns = row["origin"].get("columns", {})
    value = row[name] if name in FIELDS else row["origin"].get(name, columns.get(name))
    return "" if value is None else str(value).strip()


def _found(rows: list[Row], expression: str) -> list[str]:
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise BadInput(f"split.group: {expression!r} is no column of the rows and no regular expression ({error}).") from None
    matches = [pattern.search(question(row)) for row in rows]
    return [(match[1] if pattern.groups else match[0]) or "" if match else "" for match in matches]


def of_one_text(rows: list[Row], known: Frames) -> list[str]:
    """The lowest id of the rows that are made of one text as each row is, or of one that is alike but for a slip.

    Args:
        known: the templates of the rows.
    """
    texts = [" ".join(parts(row, known).source()) for row in rows]
    clusters = Clusters()
    cut, seen = bands.above(ALIKE, PERMUTATIONS), defaultdict[bands.Key, list[str]](list)
    for text in dict.fromkeys(text for text in texts if text.count(" ") >= 2 * GRAM):
        keys, one = bands.keys(grams := _grams(text), cut), set(grams)
        for other in {other for key in keys for other in seen[key]}:
            twin = set(_grams(other))
            if len(one & twin) > ALIKE * len(one | twin):
                clusters.join(text, other)
        for key in keys:
            seen[key].append(text)
    lowest: dict[str, str] = {}
    for text, row in zip(texts, rows, strict=True):
        name = clusters.name(text)
        lowest[name] = min(lowest.get(name, row["id"]), row["id"])
    return [lowest[clusters.name(text)] if text else row["id"] for text, row in zip(texts, rows, strict=True)]


def _grams(text: str) -> list[str]:
    tokens = text.split()
    return [" ".join(tokens[start : start + GRAM]) for start in range(len(tokens) - GRAM + 1)]


def with_kin(
    rows: list[Row], names: list[str], drawn: Collection[str], known: Frames, similarity: float, overlap: float
) -> list[str]:
    """Names of clusters, in which a row that would give a drawn one away has the same name as that one.

    Args:
        drawn: names whose rows would be held out; only around them rows are compared.
        similarity, overlap: as in `mbegu.curating.leakage.find_leak`.
    """
    clusters, reached, texts = Clusters(), set(drawn), [said(row, known) for row in rows]
    frontier = [place for place, name in enumerate(names) if name in reached]
    while frontier:
        guarded, near = guard([rows[place] for place in frontier], known), set()
        for row, text, name in zip(rows, texts, names, strict=True):
            for twin in {names[frontier[bite.number]] for bite in find_leaks(row, text, guarded, similarity, overlap)}:
                clusters.join(name, twin)
                near.add(name)
        frontier = [place for place, name in enumerate(names) if name in near - reached]
        reached |= near
    return [clusters.name(name) for name in names]
