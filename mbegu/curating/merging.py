"""A version is the previous one plus what is new."""

from mbegu.errors import BadInput
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.nearest import nearest, pool, same_numbers
from mbegu.rows.row import Row, question
from mbegu.text import reasons
from mbegu.text.words import words

STAGE = "merge"


def merge(previous: list[Row], new: list[Row], above: float) -> Sieved:
    """Previous rows, then the new ones that are no duplicates, in the order given.

    A near-duplicate has ROUGE-L F1 above `above` to an earlier question and the same numbers in it.

    Returns:
        The rows of the version, and the ledger of the dropped ones.

    Raises:
        BadInput: two rows ask the same and answer differently; both are shown.
    """
    merged, ledger = list(previous), []
    by_id = {row["id"]: row for row in previous}
    index = pool(merged)
    for row in new:
        twin = by_id.get(row["id"])
        match = None if twin else nearest(row, merged, index, above)
        if twin is not None:
            _refuse_conflict(twin, row)
            ledger.append(entry(row, STAGE, "dropped", reasons.DUPLICATE, 1.0, twin["id"]))
        elif match is not None and same_numbers(row, match.row):
            ledger.append(entry(row, STAGE, "dropped", reasons.NEAR_DUPLICATE, match.score, match.row["id"]))
        else:
            by_id[row["id"]] = row
            index.add(words(question(row)))
            merged.append(row)
    return Sieved(merged, ledger)


def _refuse_conflict(first: Row, second: Row) -> None:
    if first["output"] == second["output"]:
        return
    places = [row["origin"].get("review") or row["origin"].get("source", row["id"]) for row in (first, second)]
    raise BadInput(
        f"{places[1]}: answers {question(second)!r} with {second['output']!r}, but {places[0]} answers it with "
        f"{first['output']!r}; keep one answer."
    )
