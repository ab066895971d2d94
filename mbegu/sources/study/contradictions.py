"""Facts that contradict each other: the same question about the same subject, and another value. Both are kept."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from mbegu.rows.ledger import Entry, entry
from mbegu.sources.documents.questions import source
from mbegu.sources.study.facts import STAGE, Fact
from mbegu.text import reasons
from mbegu.text.alike import Index
from mbegu.text.words import words

SAME = 0.8  # ROUGE-L F1 above which two questions about one subject ask the same
FEW = 5  # that are told of on the screen; the ledger has all


def find(facts: Sequence[Fact]) -> list[tuple[Fact, Fact]]:
    """Pairs of facts, the earlier one first; each later fact with the nearest before it."""
    about: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        about[fact.subject].append(fact)
    return [pair for same in about.values() for pair in _among(same)]


def _among(facts: Sequence[Fact]) -> Iterator[tuple[Fact, Fact]]:
    index = Index()
    for fact in facts:
        asked = words(fact.said["question"])
        near = index.nearest(asked, SAME)
        if near is not None and set(words(facts[near.position].said["value"])) != set(words(fact.said["value"])):
            yield facts[near.position], fact
        index.add(asked)


def reported(found: Sequence[tuple[Fact, Fact]]) -> list[Entry]:
    """A ledger line for each: both are kept, and both places are told."""
    rows = [({**new.chunk, "fact": new.said, "other": old.said}, old) for old, new in found]
    return [entry(row, STAGE, "kept", f"{reasons.CONTRADICTS} {_says(old)}", None, old.chunk["id"]) for row, old in rows]


def told(found: Sequence[tuple[Fact, Fact]]) -> list[str]:
    """Sentences for the screen."""
    said = [f"{_says(old)}, but {_says(new)}; both are kept: correct one." for old, new in found[:FEW]]
    return [*said, f"{len(found) - FEW} more pairs contradict each other; the ledger has all."] if len(found) > FEW else said


def _says(fact: Fact) -> str:
    return f"{source(fact.chunk)} says of {fact.said['subject']} {fact.said['value']!r}"
