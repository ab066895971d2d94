"""The same row again in a set, to the letter or nearly."""

from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple

from mbegu.curating import bands
from mbegu.curating.settings import CLEAN
from mbegu.executors import Mapped, local
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.nearest import numbers
from mbegu.rows.parts import LONG, Frames, Said, frames, said
from mbegu.rows.row import Row, place
from mbegu.rows.shelf import Rows, earlier, keep, like
from mbegu.text import reasons
from mbegu.text.sameness import key
from mbegu.text.words import fold, words

GRAM = 3  # words of a shingle
Shingles = set[tuple[str, ...]]
PLAIN, PASSAGE, TEMPLATE = range(3)  # kinds of rows
HELD = 4096  # rows whose words are kept while others are compared with them
Key = tuple[int, bool, int]  # a kind of rows, whether for rows of other kinds, and a key


def drop_duplicates(rows: Rows) -> Sieved[Rows]:
    """Keeps the first of rows that ask the same, whatever the later ones answer: none can tell which answer is right.

    In other case or with another final mark it is the same question; such a row with the same words as answer is left to
    `drop_near_duplicates`.
    """
    first: dict[int, int] = {}
    kept, ledger = like(rows), like(rows)
    for position, row in enumerate(rows):
        twin = earlier(row, position, rows, _asked, first)
        reason = _twice(row, twin) if twin else None
        if twin and reason:
            ledger.append(entry(row, CLEAN, "dropped", reason, 1.0, twin["id"]))
        else:
            keep(kept, rows, position)
    return Sieved(kept, ledger)


def _asked(row: Row) -> tuple[str, str]:
    return key(row["instruction"]), fold(row["input"])


def _twice(row: Row, twin: Row) -> str | None:
    """Why a row that asks what an earlier one does is dropped."""
    if fold(twin["output"]) == fold(row["output"]) and row["id"] == twin["id"]:
        return reasons.DUPLICATE
    if row["id"] != twin["id"] and words(twin["output"]) == words(row["output"]):
        return None
    return f"{reasons.SAME_QUESTION} with another answer as {place(twin)}"


def drop_near_duplicates(rows: Rows, above: float, permutations: int, mapped: Mapped = local) -> Sieved[Rows]:
    """Keeps the first of rows that say nearly the same: the same numbers in the question, and a Jaccard index of the word
    3-grams of question and answer above `above`. Rows about one text, or of one template, must also be as alike in what differs:
    in what is asked and answered, or in what fills the template (`mbegu.rows.parts`).

    Candidates share a key (`mbegu.curating.bands`); each is then compared exactly. A pair just above the bound can be missed,
    the less likely the more `permutations`; one below it is never dropped.

    Args:
        above: 0.1 to 1; nothing is above 1.
        permutations: 16 or more.
    """
    known = frames(rows)
    cut = bands.above(above, permutations)
    sketches = _sketches(rows, known, cut, mapped)
    text = lru_cache(HELD)(lambda position: said(rows[position], known))
    seen: dict[Key, list[int]] = {}
    kept, ledger = like(rows), like(rows)
    for position, keys in zip(range(len(rows)), _keys(sketches, cut.bands), strict=True):
        same = sketches.held[position]
        found = {other for key in keys.sought for other in seen.get(key, ()) if sketches.held[other] == same}
        scored = [(_score(text(position), text(other), above), -other) for other in found]
        score, nearest = max(scored, default=(0.0, 0))
        if score > above:
            ledger.append(entry(rows[position], CLEAN, "dropped", reasons.NEAR_DUPLICATE, score, rows[-nearest]["id"]))
        else:
            keep(kept, rows, position)
            for key in keys.kept:
                seen.setdefault(key, []).append(position)
    return Sieved(kept, ledger)


class Sketches(NamedTuple):
    """What near-duplicates of rows are sought by."""

    kinds: list[int]
    held: list[str]  # the numbers of their questions
    within: "array[int]"  # keys of what rows of one kind differ in
    whole: "array[int]"  # keys of all that is said, of the rows that are not plain: those of plain rows stand in `within`


def _sketches(rows: Iterable[Row], known: Frames, cut: bands.Shape, mapped: Mapped) -> Sketches:
    found = Sketches([], [], array("Q"), array("Q"))
    for kind, held, within in mapped(partial(_within, known, cut), rows):
        found.kinds.append(kind)
        found.held.append(held)
        found.within.extend(within)
    if len(set(found.kinds)) > 1:
        others = (row for row, kind in zip(rows, found.kinds, strict=True) if kind != PLAIN)
        for whole in mapped(partial(_whole, known, cut), others):
            found.whole.extend(whole)
    return found


def _within(known: Frames, cut: bands.Shape, row: Row) -> tuple[int, str, "array[int]"]:
    one = said(row, known)
    kind = _kind(one)
    return kind, "\n".join(numbers(one.parts.whole)), bands.hashed(_joined(_differing(one)), cut, kind)


def _whole(known: Frames, cut: bands.Shape, row: Row) -> "array[int]":
    return bands.hashed(_joined(_all(said(row, known))), cut, PLAIN)


class Keys(NamedTuple):
    """Under what near-duplicates of a row are sought, and the row is found itself. Rows of one kind are sought by what differs
    between them, or all rows of one template would be candidates; those of two kinds by all they say."""

    sought: list[Key]
    kept: list[Key]


def _keys(found: Sketches, size: int) -> Iterator[Keys]:
    """The bands of each row's sketches, `size` a sketch, of those that another row has too: near-duplicates most likely have one
    in common."""
    common = bands.shared([found.within, found.whole])
    every = sorted(set(found.kinds))
    place = 0
    for position, kind in enumerate(found.kinds):
        own = bands.among(found.within[position * size : (position + 1) * size], common)
        within = [(kind, False, key) for key in own]
        if not every[1:]:
            yield Keys(within, within)
            continue
        if kind != PLAIN:
            own = bands.among(found.whole[place * size : (place + 1) * size], common)
            place += 1
        across = [(name, True, key) for name in every if name != kind for key in own]
        yield Keys(within + across, within + [(kind, True, key) for key in own])


def _kind(one: Said) -> int:
    return TEMPLATE if one.parts.framed else PASSAGE if one.parts.about else PLAIN


def _differing(one: Said) -> Shingles:
    """Shingles that near-duplicates of one kind have in common."""
    if one.parts.framed:
        return _about(one.parts.about)
    return _shingles(one.parts.asked + one.answer) if one.parts.about else _all(one)


def _all(one: Said) -> Shingles:
    return _shingles(one.parts.whole + one.answer)


def _joined(grams: Shingles) -> list[str]:
    return [" ".join(gram) for gram in grams]


def _score(first: Said, second: Said, above: float) -> float:
    """The Jaccard index of two rows; 0 if they differ in a part."""
    one, other = first.parts, second.parts
    if one.about and other.about:
        if (one.framed or other.framed) and _jaccard(_about(one.about), _about(other.about)) <= above:
            return 0.0
        if _jaccard(_shingles(one.asked + first.answer), _shingles(other.asked + second.answer)) <= above:
            return 0.0
    return _jaccard(_all(first), _all(second))


def _about(text: list[str]) -> Shingles:
    """Shingles of what fills a template; a short one is to be the same to the letter."""
    return _shingles(text) if len(text) >= LONG else {tuple(text)}


def _shingles(tokens: list[str]) -> Shingles:
    return {tuple(tokens[i : i + GRAM]) for i in range(max(1, len(tokens) - GRAM + 1))}


def _jaccard(first: Shingles, second: Shingles) -> float:
    return len(first & second) / len(first | second)
