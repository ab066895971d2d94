"""Held-out means held out: no training row, nor what it descends from, may give a held-out row away.

Four tests, on word tokens of any script: the same question; ROUGE-L F1 of the questions, or of question
and answer together, above a threshold; and 8-grams of the training row that cover more than a share of
the held-out question or answer, the rule of Tülu 3 (Lambert et al. 2024, arXiv 2411.15124, §3.2).

What retrieval put into a question (`origin.context` names it) is open to all rows and no part of what is held out; as a part of
what is trained on it is searched for 8-grams.
"""

from collections.abc import Iterator
from typing import NamedTuple

from mbegu.errors import BadInput
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import Row, question
from mbegu.text import reasons
from mbegu.text.alike import Index
from mbegu.text.context import without_context
from mbegu.text.filters import marks
from mbegu.text.words import words

GRAM = 8  # words
Grams = dict[tuple[str, ...], list[tuple[int, int, int]]]


class Leak(NamedTuple):
    """A training row and the held-out row that it gives away."""

    row: Row
    heldout: Row
    reason: str
    score: float  # of the test that bit, 0 to 1


class Guard(NamedTuple):
    """Held-out rows, indexed for all tests."""

    rows: list[Row]
    ids: dict[str, int]
    questions: Index
    texts: Index
    grams: Grams  # where each 8-gram stands: row, part (0 question, 1 answer), position
    lengths: list[list[int]]  # words of each row's parts


def guard(heldout: list[Row]) -> Guard:
    """Indexes held-out rows; 1,000 take a fraction of a second."""
    found = Guard(heldout, {}, Index(), Index(), {}, [])
    for number, row in enumerate(heldout):
        parts = _parts(row)
        found.ids[row["id"]] = number
        found.questions.add(parts[0])
        found.texts.add(parts[0] + parts[1])
        found.lengths.append([len(tokens) for tokens in parts])
        for part, tokens in enumerate(parts):
            for position, gram in enumerate(_grams(tokens)):
                found.grams.setdefault(gram, []).append((number, part, position))
    return found


def _parts(row: Row) -> list[list[str]]:
    return [words(_asked(row)), words(row["output"])]


def _asked(row: Row) -> str:
    return question({**row, "input": without_context(row["input"])} if row["origin"].get("context") else row)


def _grams(tokens: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(tokens[i:] for i in range(GRAM)), strict=False)


def find_leak(row: Row, guarded: Guard, similarity: float, overlap: float) -> Leak | None:
    """The first of the tests that `row` fails.

    Args:
        similarity: ROUGE-L F1 above which two texts are too alike.
        overlap: share of a held-out question's or answer's words above which shared 8-grams are too many.
    """
    if row["id"] in guarded.ids:
        return Leak(row, guarded.rows[guarded.ids[row["id"]]], "the same question", 1.0)
    parts = _parts(row)
    near = guarded.questions.nearest(parts[0], similarity)
    if near is not None:
        return Leak(row, guarded.rows[near.position], "ROUGE-L F1 of the questions", near.score)
    near = guarded.texts.nearest(parts[0] + parts[1], similarity)
    if near is not None:
        return Leak(row, guarded.rows[near.position], "ROUGE-L F1 of question and answer", near.score)
    covered = _covered([words(question(row)), parts[1]], guarded)
    if covered is not None and covered[1] > overlap:
        return Leak(row, guarded.rows[covered[0]], "share of its words in common 8-grams", covered[1])
    return None


def _covered(parts: list[list[str]], guarded: Guard) -> tuple[int, float] | None:
    """The held-out row of which 8-grams cover most of a part, and that share."""
    places: dict[tuple[int, int], set[int]] = {}
    for tokens in parts:
        for gram in _grams(tokens):
            for number, part, position in guarded.grams.get(gram, ()):
                places.setdefault((number, part), set()).update(range(position, position + GRAM))
    shares = [(len(found) / guarded.lengths[number][part], -number) for (number, part), found in places.items()]
    if not shares:
        return None
    share, number = max(shares)
    return -number, share


def decontaminate(rows: list[Row], heldout: list[Row], similarity: float, overlap: float, leakage: str, stage: str) -> Sieved:
    """Keeps rows that leak, and rows that descend from one, out of training.

    Args:
        rows: parents stand before their children.
        leakage: "error", or "drop" to drop such rows into the ledger of `stage`.

    Raises:
        BadInput: `leakage` is "error" and a row leaks; both rows and their files are shown.
    """
    guarded = guard(heldout)
    kept, ledger = [], []
    leaking: dict[str, Leak] = {}
    for row in rows:
        tainted = next((parent for parent in row["origin"]["parents"] if parent in leaking), None)
        leak = find_leak(row, guarded, similarity, overlap) if tainted is None else leaking[tainted]
        if leak is None:
            kept.append(row)
            continue
        if leakage == "error":
            raise BadInput(_sentence(leak))
        leaking[row["id"]] = leak
        kin = f"{reasons.DESCENDS} {tainted}, {reasons.NEAR_HELD_OUT}"
        reason = kin if tainted is not None else f"{reasons.NEAR_HELD_OUT}: {leak.reason}"
        ledger.append(entry(row, stage, "dropped", reason, leak.score, leak.heldout["id"]))
    return Sieved(kept, ledger)


def _sentence(leak: Leak) -> str:
    row, other = leak.row, leak.heldout
    return (
        f"{row['origin'].get('source', row['id'])}: {_shown(row)} is too like the held-out row {other['origin']['source']}: "
        f"{_shown(other)} ({leak.reason} {leak.score:.2f}); training on it would make the scores meaningless. "
        "Change one of them, or set curate.leakage to drop."
    )


def _shown(row: Row) -> str:
    text = f"{question(row)} → {row['output']}" if row["output"] else question(row)
    return repr(text if len(text) <= 400 else text[:399] + "…")


def check_heldout(heldout: list[Row], similarity: float) -> list[Row]:
    """Returns `heldout`.

    Raises:
        BadInput: two held-out rows ask the same in other words, and so count one question twice; questions that
            differ in a number or a name are two questions.
    """
    index = Index()
    for row in heldout:
        tokens = words(_asked(row))
        for near in index.near(tokens, similarity):
            other = heldout[near.position]
            if marks(_asked(row)) == marks(_asked(other)):
                raise BadInput(
                    f"{row['origin']['source']}: {question(row)!r} asks the same as {other['origin']['source']}: "
                    f"{question(other)!r} (ROUGE-L F1 {near.score:.2f}, above {similarity}); "
                    "one question would count twice. Keep one."
                )
        index.add(tokens)
    return heldout
