"""Held-out means held out: no training row, nor what it descends from, may give a held-out row away.

Five tests, on word tokens of any script: the same question; ROUGE-L F1 of the questions, or of question and answer together,
above a threshold; the same text in a template, whichever it is; and 8-grams of the training row that cover more than a share of
the held-out question, of a sentence or the text in it, or of the answer, the rule of Tülu 3 (Lambert et al. 2024, arXiv
2411.15124, §3.2). Questions about one text, and those that one template made, are compared by what differs
(`mbegu.rows.parts`).

What retrieval put into a question (`origin.context` names it) is open to all rows and no part of what is held out; as a part of
what is trained on it is searched for 8-grams. Of a closed-book question (`source`) only the question is held out: its answer is
what training on the document shall teach.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from mbegu.errors import BadInput
from mbegu.executors import Mapped, local
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.nearest import Questions
from mbegu.rows.parts import FEW, LONG, NO_FRAMES, Frames, Parts, Said, Words, frames, said, segments
from mbegu.rows.row import Row, more, place, question
from mbegu.rows.shelf import Rows, keep, like
from mbegu.text import reasons
from mbegu.text.words import words

GRAM = LONG  # words
ANSWER = 1  # the part of a held-out row
Grams = dict[tuple[str, ...], list[tuple[int, int, int]]]


class Leak(NamedTuple):
    """A training row and the held-out row that it gives away."""

    row: Row
    heldout: Row
    reason: str
    score: float  # of the test that bit, 0 to 1


class Bite(NamedTuple):
    """A test that a row fails."""

    number: int  # of the held-out row
    reason: str
    score: float


class Guard(NamedTuple):
    """Held-out rows, indexed for all tests."""

    rows: list[Row]
    known: Frames
    ids: dict[str, int]
    questions: Questions
    texts: Questions
    sources: dict[Words, list[int]]  # what fills a template
    grams: Grams  # where each 8-gram stands: row, part, position
    lengths: list[list[int]]  # words of each row's parts


def guard(heldout: list[Row], known: Frames = NO_FRAMES) -> Guard:
    """Indexes held-out rows; 1,000 take a fraction of a second.

    Args:
        known: the templates that they share with what will be trained on.
    """
    found = Guard(heldout, known, {}, Questions(), Questions(), {}, {}, [])
    for number, row in enumerate(heldout):
        asked, answer = said(row, known)
        if row.get("source"):
            answer = []
        found.ids[row["id"]] = number
        found.questions.add(asked)
        found.texts.add(_with(asked, answer))
        if asked.framed:
            found.sources.setdefault(asked.source(), []).append(number)
        held = _held(row, asked, answer)
        found.lengths.append([len(tokens) for tokens in held])
        for part, tokens in enumerate(held):
            for position, gram in enumerate(_grams(tokens)):
                found.grams.setdefault(gram, []).append((number, part, position))
    found.sources.pop((), None)
    _open_templates(found)
    return found


def _open_templates(guarded: Guard) -> None:
    """What many answers to one template's questions say gives none of them away."""
    for gram, places in guarded.grams.items():
        rows = {number for number, part, _ in places if part == ANSWER and guarded.questions.parts[number].framed}
        if len(rows) >= FEW:
            guarded.grams[gram] = [one for one in places if one[1] != ANSWER]


def _with(asked: Parts, answer: list[str]) -> Parts:
    """Question and answer as one text."""
    return asked._replace(whole=asked.whole + answer, asked=asked.asked + answer)


def _held(row: Row, asked: Parts, answer: list[str]) -> list[list[str]]:
    """The texts of a held-out row that must not be covered. A template is none of them."""
    if asked.framed:
        return [asked.about, answer]
    told = "context" not in row["origin"] and answer  # or it is a text by itself, of which no part is what is asked about
    found = [*segments(row["instruction"]), tuple(asked.about)] if told else []
    return [asked.whole, answer, *(list(one) for one in found if GRAM <= len(one) < len(asked.whole))]


def _grams(tokens: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(tokens[i:] for i in range(GRAM)), strict=False)


def find_leak(row: Row, guarded: Guard, similarity: float, overlap: float) -> Leak | None:
    """The first of the tests that `row` fails, and the held-out row that it is nearest to in it.

    Args:
        similarity: ROUGE-L F1 above which two texts are too alike.
        overlap: share of a held-out text's words above which shared 8-grams are too many; at 1, no text in common matters.
    """
    found = _bite(guarded, similarity, overlap, row)
    return None if found is None else _leak(row, guarded, found)


def _leak(row: Row, guarded: Guard, bite: Bite) -> Leak:
    return Leak(row, guarded.rows[bite.number], bite.reason, bite.score)


def bites(
    rows: Iterable[Row], guarded: Guard, similarity: float, overlap: float, mapped: Mapped = local
) -> Iterator[Bite | None]:  # fmt: skip
    """The first of the tests that each row fails; similarity and overlap as in `find_leak`."""
    return mapped(partial(_bite, guarded, similarity, overlap), rows)


def _bite(guarded: Guard, similarity: float, overlap: float, row: Row) -> Bite | None:
    return next(find_leaks(row, said(row, guarded.known), guarded, similarity, overlap), None)


def find_leaks(row: Row, text: Said, guarded: Guard, similarity: float, overlap: float) -> Iterator[Bite]:
    """Every test that `row` fails, as `find_leak`, one after the other.

    Args:
        text: the words of `row`.
    """
    if row["id"] in guarded.ids:
        yield Bite(guarded.ids[row["id"]], "the same question", 1.0)
    asked, answer = text
    for near in guarded.questions.near(asked, similarity):
        yield Bite(near.position, "ROUGE-L F1 of the questions", near.score)
    for near in guarded.texts.near(_with(asked, answer), similarity):
        yield Bite(near.position, "ROUGE-L F1 of question and answer", near.score)
    if overlap < 1 and asked.framed:
        yield from (Bite(number, "the same text in a template", 1.0) for number in guarded.sources.get(asked.source(), ()))
    searched = words(question(row)) if "context" in row["origin"] else asked.whole
    for share, number in _covered([searched, answer], guarded):
        if share > overlap:
            yield Bite(number, "share of its words in common 8-grams", share)


def _covered(parts: list[list[str]], guarded: Guard) -> list[tuple[float, int]]:
    """The shares of parts that 8-grams cover, the largest first, and the numbers of their held-out rows."""
    places: dict[tuple[int, int], set[int]] = {}
    for tokens in parts:
        for gram in _grams(tokens):
            for number, part, position in guarded.grams.get(gram, ()):
                places.setdefault((number, part), set()).update(range(position, position + GRAM))
    shares = [(len(found) / guarded.lengths[number][part], number) for (number, part), found in places.items()]
    return sorted(shares, key=lambda one: (-one[0], one[1]))


def decontaminate(
    rows: list[Row], heldout: list[Row], similarity: float, overlap: float, leakage: str, stage: str, known: Frames | None = None
) -> Sieved[list[Row]]:
    """Keeps rows that leak, and rows that descend from one, out of training.

    Args:
        rows: parents stand before their children.
        leakage: "error", or "drop" to drop such rows into the ledger of `stage`.
        known: the templates of all rows; those of `rows` and `heldout` if it is None.

    Raises:
        BadInput: `leakage` is "error" and rows leak; one is shown with the held-out row and their files, the others are named.
    """
    guarded = guard(heldout, frames([*rows, *heldout]) if known is None else known)
    return sifted(rows, guarded, bites(rows, guarded, similarity, overlap), leakage, stage)


def sifted(rows: Rows, guarded: Guard, found: Iterable[Bite | None], leakage: str, stage: str) -> Sieved[Rows]:
    """As `decontaminate`, of what `bites` found."""
    kept, ledger = like(rows), like(rows)
    leaking: dict[str, tuple[int, Bite]] = {}  # what is near to a held-out row: itself, or what it descends from
    for position, (row, own) in enumerate(zip(rows, found, strict=True)):
        tainted = next((parent for parent in row["origin"]["parents"] if parent in leaking), None)
        near, bite = (position, own) if tainted is None else leaking[tainted]
        if bite is None:
            keep(kept, rows, position)
            continue
        leaking[row["id"]] = near, bite
        kin = f"{reasons.DESCENDS} {tainted}, {reasons.NEAR_HELD_OUT}"
        reason = kin if tainted is not None else f"{reasons.NEAR_HELD_OUT}: {bite.reason}"
        ledger.append(entry(row, stage, "dropped", reason, bite.score, guarded.rows[bite.number]["id"]))
    if leaking and leakage == "error":
        raise BadInput(_sentence([_leak(rows[near], guarded, bite) for near, bite in leaking.values()]))
    return Sieved(kept, ledger)


def _sentence(leaks: list[Leak]) -> str:
    row, other, reason, score = leaks[0]
    again = more([(place(leak.row), place(leak.heldout)) for leak in leaks[1:]])
    return (
        f"{place(row)}: {_shown(row)} is too like the held-out row {place(other)}: "
        f"{_shown(other)} ({reason} {score:.2f}){again}; training on it would make the scores meaningless. "
        "Change one of them, or set curate.leakage to drop."
    )


def _shown(row: Row) -> str:
    text = f"{question(row)} → {row['output']}" if row["output"] else question(row)
    return repr(text if len(text) <= 400 else text[:399] + "…")
