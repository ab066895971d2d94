"""Which candidates join a version, and why the others don't."""

from typing import Any, NamedTuple

from mbegu.rows.ledger import entry
from mbegu.rows.row import MACHINE, Row
from mbegu.text import filters, reasons
from mbegu.text.words import fold, words

STAGE = "curate"
Entry = dict[str, Any]


class Limits(NamedTuple):
    """Bounds on machine-written answers that no one has reviewed."""

    min_words: int
    max_words: int
    max_repetition: float
    refusals: list[str]
    scripts: set[str]


def apply_reviews(rows: list[Row], reviews: dict[str, Row], unreviewed: str) -> tuple[list[Row], list[Entry]]:
    """Applies human decisions. A hand-written row needs none.

    Args:
        unreviewed: "keep" or "drop" machine-written rows without a decision.

    Returns:
        The rows that stay (a reviewed one has origin kind "reviewed") and the ledger of dropped and edited ones.
    """
    kept, ledger = [], []
    for row in rows:
        review = reviews.get(row["id"])
        if review is None:
            if row["origin"]["kind"] == "seed" or unreviewed == "keep":
                kept.append(row)
            else:
                ledger.append(entry(row, STAGE, "dropped", reasons.NOT_REVIEWED))
        elif review["decision"] == "reject":
            ledger.append(entry(row, STAGE, "dropped", f"{reasons.REJECTED}: {review['reason']}"))
        else:
            reviewed = {**row, "origin": {**row["origin"], "kind": "reviewed", "review": review["source"]}}
            if review["decision"] == "edit":
                reviewed["output"] = review["output"]
                ledger.append(entry(row, STAGE, "changed", reasons.EDITED))
            kept.append(reviewed)
    return kept, ledger


def check_quality(rows: list[Row], limits: Limits) -> tuple[list[Row], list[Entry]]:
    """Drops machine-written answers outside the limits. What a human wrote or verified is not second-guessed.

    Returns:
        The rows that stay, a machine-written one with what was measured in `origin.measures`; and the ledger.
    """
    contradicted = _contradicted(rows)
    kept, ledger = [], []
    for row in rows:
        abstains = row["origin"].get("span", True) is None  # in words that no teacher chose
        if row["origin"]["kind"] not in MACHINE or abstains:
            kept.append(row)
            continue
        contradiction = (f"{reasons.SAME_QUESTION} with different answers", None)
        found = _problem(row, limits) or (contradiction if row["id"] in contradicted else None)
        if found is None:
            measures = {"words": len(words(row["output"])), "repetition": round(filters.repetition(row["output"]), 4)}
            kept.append({**row, "origin": {**row["origin"], "measures": measures}})
        else:
            ledger.append(entry(row, STAGE, "dropped", found[0], found[1]))
    return kept, ledger


def _problem(row: Row, limits: Limits) -> filters.Problem | None:
    """The first filter of answers that bites."""
    output = row["output"]
    return (
        filters.cut_off(row["origin"].get("finish_reason"))
        or filters.empty(output)
        or filters.echoes(output, row["instruction"], row["input"])
        or filters.refuses(output, limits.refusals)
        or filters.length(output, limits.min_words, limits.max_words)
        or filters.repetitive(output, limits.max_repetition)
        or filters.foreign_script(output, limits.scripts)
    )


def _contradicted(rows: list[Row]) -> set[str]:
    """Ids of questions that machine-written rows answer in more than one way: none of the answers is to be trusted."""
    answers: dict[str, set[str]] = {}
    for row in rows:
        if row["origin"]["kind"] in MACHINE:
            answers.setdefault(row["id"], set()).add(fold(row["output"]))
    return {id_ for id_, found in answers.items() if len(found) > 1}


def orphans(rows: list[Row], reviews: dict[str, Row]) -> list[str]:
    """Where decisions stand whose row no longer exists."""
    ids = {row["id"] for row in rows}
    return [review["source"] for id_, review in reviews.items() if id_ not in ids]
