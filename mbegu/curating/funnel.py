"""How many rows survive each filter."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Sized
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
    gone = (line["reason"] for line in ledger if line["action"] == "dropped")
    return left(kept, Counter(next((name for name in order if reason.startswith(name)), reason) for reason in gone), order)


def left(kept: int, dropped: Mapping[str, int], order: Sequence[str]) -> Survivors:
    """The same from the number of rows that each filter dropped."""
    rest = kept + sum(dropped.values())
    lines = [("candidates", 0, rest)]
    for name in dict.fromkeys([*order, *dropped]):
        count = dropped.get(name, 0)
        rest -= count
        lines += [(name, count, rest)] if count else []
    return [*lines, ("kept", 0, rest)]


def of_drafts(kept: Iterable[Row], ledger: Iterable[Entry]) -> Survivors:
    """The funnel of what machines wrote; hand-written rows do not count."""
    gone = (line for line in ledger if line["row"]["origin"]["kind"] != "seed")
    return funnel(sum(row["origin"]["kind"] != "seed" for row in kept), gone, DRAFTED)


def of_set(kept: Sized, ledger: Iterable[Entry]) -> Survivors:
    """The funnel of the records of a set."""
    return funnel(len(kept), ledger, LOADED)


def summary(survivors: Survivors, **more: int) -> dict[str, Any]:
    """The same counts by name, for a metrics file; `more` stands before those of the filters."""
    counts = {name: count for name, count, _ in survivors if count}
    return {"candidates": survivors[0][2], "kept": survivors[-1][2], **more, "dropped": counts}
