"""Poor answers: one chain of filters, for what machines wrote and for sets that others made."""

from collections.abc import Iterable, Set
from functools import partial
from hashlib import sha256

from mbegu.curating.pasted import turn_mark
from mbegu.curating.settings import CLEAN, CURATE, Clean, Curate
from mbegu.errors import BadInput
from mbegu.executors import Mapped, local
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import MACHINE, Row
from mbegu.rows.shelf import Rows, keep, like
from mbegu.text import filters, reasons
from mbegu.text.refusals import refuses
from mbegu.text.words import fold, words


def check_bounds(bounds: Clean | Curate, stage: str) -> None:
    """Checks that an answer can be long enough.

    Raises:
        BadInput: none can.
    """
    if bounds.min_words > bounds.max_words:
        least, most = f"{stage}.min_words {bounds.min_words}", f"{stage}.max_words {bounds.max_words}"
        raise BadInput(f"{least} is above {most}; no answer fits.")


def problem_of(row: Row, bounds: Clean | Curate, scripts: Set[str] = frozenset()) -> filters.Problem | None:
    """The first filter of answers that bites.

    Args:
        scripts: in which an answer may be written; if there is none, in any.
    """
    output = row["output"]
    return (
        filters.cut_off(row["origin"].get("finish_reason"))
        or filters.empty(output)
        or filters.echoes(output, row["instruction"], row["input"])
        or refuses(output, bounds.refusals)
        or filters.length(output, bounds.min_words, bounds.max_words)
        or filters.repetitive(output, bounds.max_repetition)
        or filters.foreign_script(output, scripts)
    )


def check_drafts(rows: Rows, bounds: Curate, scripts: Set[str]) -> Sieved[Rows]:
    """Drops machine-written answers outside the bounds. What a human wrote or verified is not second-guessed.

    Returns:
        The rows that stay, a machine-written one with what was measured in `origin.measures`; and the ledger.
    """
    contradicted = _contradicted(rows)
    kept, ledger = like(rows), like(rows)
    for position, row in enumerate(rows):
        abstains = row["origin"].get("span", True) is None  # in words that no teacher chose
        if row["origin"]["kind"] not in MACHINE or abstains:
            keep(kept, rows, position)
            continue
        contradiction = (f"{reasons.SAME_QUESTION} with different answers", None) if row["id"] in contradicted else None
        found = problem_of(row, bounds, scripts) or contradiction
        if found is None:
            measures = {"words": len(words(row["output"])), "repetition": round(filters.repetition(row["output"]), 4)}
            kept.append({**row, "origin": {**row["origin"], "measures": measures}})
        else:
            ledger.append(entry(row, CURATE, "dropped", *found))
    return Sieved(kept, ledger)


def _contradicted(rows: Iterable[Row]) -> set[str]:
    """Ids of questions that machine-written rows answer in more than one way: none of the answers is to be trusted."""
    first: dict[str, bytes] = {}  # a hash of each question's first answer
    contradicted = set()
    for row in rows:
        if row["origin"]["kind"] in MACHINE:
            answer = sha256(fold(row["output"]).encode()).digest()
            if first.setdefault(row["id"], answer) != answer:
                contradicted.add(row["id"])
    return contradicted


def check_set(rows: Rows, bounds: Clean, mapped: Mapped = local) -> Sieved[Rows]:
    """Drops rows without words, with a model's control tokens, and poor answers."""
    kept, ledger = like(rows), like(rows)
    for position, problem in zip(range(len(rows)), mapped(partial(_poor, bounds), rows), strict=True):
        if problem:
            ledger.append(entry(rows[position], CLEAN, "dropped", *problem))
        else:
            keep(kept, rows, position)
    return Sieved(kept, ledger)


def _poor(bounds: Clean, row: Row) -> filters.Problem | None:
    return _broken(row) or problem_of(row, bounds)


def _broken(row: Row) -> filters.Problem | None:
    marks = filter(None, (turn_mark(row[key]) for key in ("instruction", "input", "output")))
    pasted = next(((f"{reasons.CONTROL_TOKEN}: {mark}", None) for mark in marks), None)
    return filters.empty(row["instruction"]) or filters.empty(row["output"]) or pasted
