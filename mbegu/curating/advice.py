"""Why a version has no row, and what its project can do about it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mbegu.rows.ledger import read_ledger
from mbegu.text import reasons
from mbegu.text.reasons import DRAFTED, LOADED

SHOWN = 3  # reasons
TEACHER = "ask a better teacher (section teacher of params.yaml), or ask more leniently (sections question and answer)"
WAYS = {
    "question": TEACHER,
    "answer": TEACHER,
    "load": "see sections load and clean of params.yaml",
    "clean": "see sections load and clean of params.yaml",
}


def without_rows(version: str, ledgers: Sequence[Path]) -> str:
    """What became of all candidates of a version that no row is left of, and what to do.

    Args:
        ledgers: of the stages before `merge`, those that are there.
    """
    lines = [(line, path) for path in ledgers for line in read_ledger(path) if line["action"] == "dropped"]
    lines = [(line, path) for line, path in lines if line["reason"] != reasons.BEYOND_CHUNKS]  # nobody was asked about these
    if not lines:
        return f"there was no candidate; write rows into data/seeds/{version}.jsonl, or name another source in params.yaml."
    counts = Counter((_reason(line["reason"]), line["stage"], str(path)) for line, path in lines)
    found = counts.most_common()
    told = ", ".join(f"{count} as '{reason}' ({path})" for (reason, _, path), count in found[:SHOWN])
    others = sum(count for _, count in found[SHOWN:])
    more = f", {others} for other reasons" if others else ""
    (reason, stage, _), _ = found[0]
    todo = f"review the drafts (`mbegu review {version}`)" if reason == reasons.NOT_REVIEWED else WAYS.get(stage)
    return f"all {len(lines)} candidates were dropped: {told}{more}; {todo or 'mend or add rows, or loosen what dropped them'}."


def _reason(said: str) -> str:
    """The same for all of its kind."""
    return next((name for name in (*DRAFTED, *LOADED) if said.startswith(name)), said)
