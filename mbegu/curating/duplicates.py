"""The same row again in a set, to the letter or nearly."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from datasketch import MinHash, MinHashLSH

from mbegu.curating.settings import CLEAN
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.nearest import numbers
from mbegu.rows.parts import LONG, Parts, frames, parts
from mbegu.rows.row import Row, place, question
from mbegu.text import reasons
from mbegu.text.sameness import key
from mbegu.text.words import fold, words

GRAM = 3  # words of a shingle
# A candidate too many costs one exact comparison, a miss a duplicate in the set: so candidates are sought well below the
# bound, and bands weighed for few misses. With 128 permutations a pair at 0.7 is then missed once in 1,200.
SOUGHT = 0.8
WEIGHTS = (0.1, 0.9)
Shingles = set[tuple[str, ...]]


def drop_duplicates(rows: list[Row]) -> Sieved:
    """Keeps the first of rows that ask the same, whatever the later ones answer: none can tell which answer is right.

    In other case or with another final mark it is the same question; such a row with the same words as answer is left to
    `drop_near_duplicates`.
    """
    first: dict[tuple[str, str], Row] = {}
    kept, ledger = [], []
    for row in rows:
        twin = first.setdefault((key(row["instruction"]), fold(row["input"])), row)
        reason = None if twin is row else _twice(row, twin)
        if reason is None:
            kept.append(row)
        else:
            ledger.append(entry(row, CLEAN, "dropped", reason, 1.0, twin["id"]))
    return Sieved(kept, ledger)


def _twice(row: Row, twin: Row) -> str | None:
    """Why a row that asks what an earlier one does is dropped."""
    if fold(twin["output"]) == fold(row["output"]) and row["id"] == twin["id"]:
        return reasons.DUPLICATE
    if row["id"] != twin["id"] and words(twin["output"]) == words(row["output"]):
        return None
    return f"{reasons.SAME_QUESTION} with another answer as {place(twin)}"


class Said(NamedTuple):
    """What a row asks and answers, by words."""

    parts: Parts
    answer: list[str]

    def kind(self) -> str:
        """By what a row is sought among those of its kind."""
        return "template" if self.parts.framed else "passage" if self.parts.about else "plain"

    def sought(self) -> Shingles:
        """Shingles that near-duplicates of one kind have in common."""
        asked, about = self.parts.asked + self.answer, self.parts.about
        return {"template": _about(about), "passage": _shingles(asked)}.get(self.kind()) or self.all()

    def all(self) -> Shingles:
        """Shingles of question and answer."""
        return _shingles(self.parts.whole + self.answer)


def drop_near_duplicates(rows: list[Row], above: float, permutations: int) -> Sieved:
    """Keeps the first of rows that say nearly the same: the same numbers in the question, and a Jaccard index of the word
    3-grams of question and answer above `above`. Rows about one text, or of one template, must also be as alike in what differs:
    in what is asked and answered, or in what fills the template (`mbegu.rows.parts`).

    MinHash (Broder 1997) with locality-sensitive hashing finds candidates; each is then compared exactly. A pair
    just above the bound can be missed, the less likely the more `permutations`; one below it is never dropped.

    Args:
        above: 0.1 to 1; nothing is above 1.
        permutations: 16 or more.
    """
    known = frames(rows)
    said = [Said(parts(row, known), words(row["output"])) for row in rows]
    seen = _seen({one.kind() for one in said}, above, permutations)
    held = [numbers(words(question(row))) for row in rows]
    kept, ledger = [], []
    for position, (row, pair) in enumerate(zip(rows, _sketches(said, seen, permutations), strict=True)):
        others = [other for other in _near(said[position].kind(), pair, seen) if held[other] == held[position]]
        scored = [(_score(said[position], said[other], above), -other) for other in others]
        score, nearest = max(scored, default=(0.0, 0))
        if score > above:
            ledger.append(entry(row, CLEAN, "dropped", reasons.NEAR_DUPLICATE, score, rows[-nearest]["id"]))
        else:
            _keep(position, said[position].kind(), pair, seen)
            kept.append(row)
    return Sieved(kept, ledger)


class Seen(NamedTuple):
    """Kept rows by kind. Those of one kind are sought by what differs between them, or all rows of one template would be
    candidates; those of two kinds by all they say."""

    within: dict[str, MinHashLSH]
    across: dict[str, MinHashLSH]


def _seen(kinds: set[str], above: float, permutations: int) -> Seen:
    within, across = ({kind: MinHashLSH(SOUGHT * above, permutations, WEIGHTS) for kind in sorted(kinds)} for _ in range(2))
    return Seen(within, across if len(kinds) > 1 else {})


def _sketches(said: Sequence[Said], seen: Seen, permutations: int) -> Iterator[tuple[MinHash, MinHash | None]]:
    """Of what each row is sought by within its kind, and across kinds if there is more than one."""
    within = MinHash.generator((_encoded(one.sought()) for one in said), num_perm=permutations)
    across = MinHash.generator((_encoded(one.all()) for one in said), num_perm=permutations)
    return zip(within, across if seen.across else repeat(None), strict=False)


def _encoded(grams: Shingles) -> list[bytes]:
    return [" ".join(gram).encode() for gram in grams]


def _near(kind: str, pair: tuple[MinHash, MinHash | None], seen: Seen) -> list[int]:
    found = set(seen.within[kind].query(pair[0]))
    for other in seen.across.keys() - {kind}:
        found.update(seen.across[other].query(pair[1]))
    return sorted(found)


def _keep(position: int, kind: str, pair: tuple[MinHash, MinHash | None], seen: Seen) -> None:
    seen.within[kind].insert(position, pair[0])
    if seen.across:
        seen.across[kind].insert(position, pair[1])


def _score(first: Said, second: Said, above: float) -> float:
    """The Jaccard index of two rows; 0 if they differ in a part."""
    one, other = first.parts, second.parts
    if one.about and other.about:
        if (one.framed or other.framed) and _jaccard(_about(one.about), _about(other.about)) <= above:
            return 0.0
        if _jaccard(_shingles(one.asked + first.answer), _shingles(other.asked + second.answer)) <= above:
            return 0.0
    return _jaccard(first.all(), second.all())


def _about(text: list[str]) -> Shingles:
    """Shingles of what fills a template; a short one is to be the same to the letter."""
    return _shingles(text) if len(text) >= LONG else {tuple(text)}


def _shingles(tokens: list[str]) -> Shingles:
    return {tuple(tokens[i : i + GRAM]) for i in range(max(1, len(tokens) - GRAM + 1))}


def _jaccard(first: Shingles, second: Shingles) -> float:
    return len(first & second) / len(first | second)
