"""Human decisions on candidates for a version, applied."""

from pathlib import Path

from mbegu.curating.settings import CURATE
from mbegu.errors import BadInput
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.reviews import undecided
from mbegu.rows.row import Row
from mbegu.text import reasons


def check_reviewed(rows: list[Row], reviews: dict[str, Row], expanded: Path) -> None:
    """Raises `BadInput` if machine-written rows of a version wait for a decision, so that no one trains without them unawares.

    Args:
        expanded: the file of `rows`, named after the version.
    """
    waiting = undecided(rows, reviews)
    if waiting:
        version, drafts = expanded.stem, "draft waits" if len(waiting) == 1 else "drafts wait"
        raise BadInput(
            f"{expanded}: {len(waiting)} {drafts} for a decision; run `mbegu review {version}` and then `dvc repro`, or set "
            f"versions.{version}.unreviewed in params.yaml to drop (go on without them) or keep (train on them as they are)."
        )


def apply_reviews(rows: list[Row], reviews: dict[str, Row], unreviewed: str) -> Sieved:
    """Applies human decisions. A hand-written row needs none.

    Args:
        unreviewed: "keep" or "drop" machine-written rows without a decision; "wait" is "drop" after `check_reviewed`.

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
                ledger.append(entry(row, CURATE, "dropped", reasons.NOT_REVIEWED))
        elif review["decision"] == "reject":
            why = f": {review['reason']}" if review["reason"] else ""
            ledger.append(entry(row, CURATE, "dropped", f"{reasons.REJECTED}{why}"))
        else:
            reviewed = {**row, "origin": {**row["origin"], "kind": "reviewed", "review": review["source"]}}
            if review["decision"] == "edit":
                reviewed["output"] = review["output"]
                ledger.append(entry(row, CURATE, "changed", reasons.EDITED))
            kept.append(reviewed)
    return Sieved(kept, ledger)


def orphans(rows: list[Row], reviews: dict[str, Row]) -> list[str]:
    """Where decisions stand whose row no longer exists."""
    ids = {row["id"] for row in rows}
    return [review["source"] for id_, review in reviews.items() if id_ not in ids]
