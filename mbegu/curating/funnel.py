"""How many rows survive each filter."""

from collections.abc import Iterable, Sequence, Sized
from typing import Any

from mbegu.rows.ledger import Entry
from mbegu.rows.row import Row
from mbegu.text.reasons import DRAFTED, LOADED

Survivors = list[tuple[str, int, int]]


def funnel(kept: int, ledger: Iterable[Entry], order: Sequence[str]) -> Survivors:
    """(filter, rows that it dropped, rows left after it), the first line being all rows that came in.

    Args:
        ledger: lines of all stages that the rows went through.
        order: reasons in the order in which the filters run (`reasons.DRAFTED`, `reasons.LOADED`); others follow.
    """
    dropped = dict.fromkeys(order, 0)
    for line in ledger:
        if line["action"] == "dropped":
            reason = next((name for name in order if line["reason"].startswith(name)), line["reason"])
            dropped[reason] = dropped.get(reason, 0) + 1
    left = kept + sum(dropped.values())
    lines = [("candidates", 0, left)]
    for name, count in dropped.items():
        left -= count
        lines += [(name, count, left)] if count else []
    return [*lines, ("kept", 0, left)]


def of_drafts(kept: Iterable[Row], ledger: Iterable[Entry]) -> Survivors:
    """The funnel of what machines wrote; hand-written rows do not count."""
    gone = [line for line in ledger if line["row"]["origin"]["kind"] != "seed"]
    return funnel(sum(row["origin"]["kind"] != "seed" for row in kept), gone, DRAFTED)


def of_set(kept: Sized, ledger: Iterable[Entry]) -> Survivors:
    """The funnel of the records of a set."""
    return funnel(len(kept), ledger, LOADED)


def summary(survivors: Survivors, **more: int) -> dict[str, Any]:
    """The same counts by name, for a metrics file; `more` stands before those of the filters."""
    counts = {name: count for name, count, _ in survivors if count}
    return {"candidates": survivors[0][2], "kept": survivors[-1][2], **more, "dropped": counts}
