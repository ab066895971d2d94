"""Which human rows a row descends from, and a validation split that never cuts through a lineage."""

from mbegu.rows.row import Row
from mbegu.text.draws import share


def roots(row: Row) -> list[str]:
    """Ids of the human-written rows behind a row: its parents, or itself if it has none."""
    return list(row["origin"]["parents"]) or [str(row["id"])]


def in_validation(root: str, fraction: float) -> bool:
    """Whether a human row is held back for validation: a hash of its id alone, so that a row never changes sides
    when others come or go."""
    return share(f"validation {root}") < fraction


def side(roots: list[str], fraction: float) -> str:
    """Where a row with these roots belongs: "training", "validation", or "neither" if it descends from both sides."""
    held_back = [in_validation(root, fraction) for root in roots]
    return "validation" if all(held_back) else "neither" if any(held_back) else "training"
