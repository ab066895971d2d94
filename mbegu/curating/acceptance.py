"""Human decisions on candidates for a version, applied."""

from collections.abc import Iterable
from pathlib import Path

from mbegu.curating.settings import CURATE
from mbegu.errors import BadInput
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.reviews import undecided
from mbegu.rows.row import MACHINE, Row
from mbegu.rows.shelf import Rows, keep, like
from mbegu.rows.writers import by_people
from mbegu.text import reasons

# Parameters below which a local teacher's rows enter only through a review: from a billion on, the prompts for able teachers are
# meant (params.yaml), and what the embedded one of 135 million writes is seldom true. A convention, not a measurement.
LEAST = 1_000_000_000


def check_reviewed(rows: Iterable[Row], reviews: dict[str, Row], expanded: Path) -> None:
    """Raises `BadInput` if machine-written rows of a version wait for a decision, so that no one trains without them unawares.

    Args:
        expanded: the file of `rows`, named after the version.
    """
    waiting = sum(not by_people(row) for row in rows if undecided([row], reviews))
    if waiting:
        version, drafts = expanded.stem, "draft waits" if waiting == 1 else "drafts wait"
        raise BadInput(
            f"{expanded}: {waiting} {drafts} for a decision; run `mbegu review {version}` and then `dvc repro`, or set "
            f"versions.{version}.unreviewed in params.yaml to drop (go on without them) or keep (train on them as they are)."
        )


def apply_reviews(rows: Rows, reviews: dict[str, Row], unreviewed: str) -> Sieved[Rows]:
    """Applies human decisions. A hand-written row needs none.

    Args:
        unreviewed: "keep" or "drop" machine-written rows without a decision; "by_teacher" drops those of a teacher that is
            `small`; "wait" is "drop" after `check_reviewed`.

    Returns:
        The rows that stay (a reviewed one has origin kind "reviewed") and the ledger of dropped and edited ones.
    """
    kept, ledger = like(rows), like(rows)
    for position, row in enumerate(rows):
        review = reviews.get(row["id"])
        if review is None:
            if by_people(row) or unreviewed == "keep" or (unreviewed == "by_teacher" and not small(row)):
                keep(kept, rows, position)
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


def small(row: Row) -> bool:
    """Whether a local teacher of fewer than `LEAST` parameters wrote a row, or one of whom nothing is known. An endpoint's model
    was chosen by its name."""
    if row["origin"]["kind"] not in MACHINE:
        return False
    teacher = row["origin"].get("teacher", {})
    kind, parameters = teacher.get("by", teacher.get("kind")), int(teacher.get("parameters", 0))
    return not (kind == "openai" or (kind == "local" and parameters >= LEAST))


def orphans(rows: Iterable[Row], reviews: dict[str, Row]) -> list[str]:
    """Where decisions stand whose row no longer exists."""
    ids = {row["id"] for row in rows if row["id"] in reviews} if reviews else ()
    return [review["source"] for id_, review in reviews.items() if id_ not in ids]
