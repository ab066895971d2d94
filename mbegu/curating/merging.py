"""A version is the previous one plus what is new."""

from mbegu.errors import BadInput
from mbegu.rows.ledger import Entry, Sieved, entry
from mbegu.rows.nearest import Questions, same_numbers
from mbegu.rows.parts import frames, parts
from mbegu.rows.row import Row, more, place, question
from mbegu.text import reasons
from mbegu.text.sameness import key

STAGE = "merge"


def merge(previous: list[Row], new: list[Row], above: float) -> Sieved[list[Row]]:
    """Previous rows, then the new ones that are no duplicates, in the order given.

    A near-duplicate has ROUGE-L F1 above `above` to an earlier question and the same numbers in it; questions about one text, or
    of one template, are compared by what differs, too (`mbegu.rows.parts`).

    Returns:
        The rows of the version, and the ledger of the dropped ones.

    Raises:
        BadInput: rows ask the same and answer differently; two are shown, all are named.
    """
    known = frames([*previous, *new])
    merged, ledger, conflicts = list(previous), [], []
    by_id = {row["id"]: row for row in previous}
    pool = Questions()
    for row in previous:
        pool.add(parts(row, known))
    for row in new:
        twin = by_id.get(row["id"])
        if twin is not None:
            conflicts += [(twin, row)] if twin["output"] != row["output"] else []
            ledger.append(entry(row, STAGE, "dropped", reasons.DUPLICATE, 1.0, twin["id"]))
            continue
        asked = parts(row, known)
        near = pool.nearest(asked, above)
        if near is not None and same_numbers(row, merged[near.position]):
            ledger.append(_near_duplicate(row, merged[near.position], near.score))
        else:
            by_id[row["id"]] = row
            pool.add(asked)
            merged.append(row)
    _refuse(conflicts)
    return Sieved(merged, ledger)


def _near_duplicate(row: Row, other: Row, score: float) -> Entry:
    """The ledger line of a row that asks what another does."""
    same = row["input"] == other["input"] and key(row["instruction"]) == key(other["instruction"])
    conflict = f"{reasons.SAME_QUESTION} with another answer as {_told(other)}"
    reason = conflict if same and row["output"] != other["output"] else reasons.NEAR_DUPLICATE
    return entry(row, STAGE, "dropped", reason, score, other["id"])


def _refuse(conflicts: list[tuple[Row, Row]]) -> None:
    if not conflicts:
        return
    first, second = conflicts[0]
    again = more([(_told(row), _told(twin)) for twin, row in conflicts[1:]])
    raise BadInput(
        f"{_told(second)}: answers {question(second)!r} with {second['output']!r}, but {_told(first)} answers it with "
        f"{first['output']!r}; keep one answer{again}."
    )


def _told(row: Row) -> str:
    """Where the answer of a row stands."""
    return str(row["origin"].get("review") or place(row))
