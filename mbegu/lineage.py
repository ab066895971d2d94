"""Which rows belong together, and a validation split that never cuts through them."""

import hashlib

from mbegu.rows import Row


def groups(rows: list[Row]) -> list[str]:
    """The lineage group of each row: the smallest id among the rows linked to it by `origin.parents`."""
    leader: dict[str, str] = {}

    def find(id_: str) -> str:
        while leader.setdefault(id_, id_) != id_:
            id_ = leader[id_]
        return id_

    for row in rows:
        for parent in row["origin"]["parents"]:
            first, second = sorted((find(row["id"]), find(parent)))
            leader[second] = first
    return [find(row["id"]) for row in rows]


def in_validation(group: str, fraction: float) -> bool:
    """Whether a group is held back for validation: a hash of its name alone, so that a row never changes sides
    when others come or go."""
    return int(hashlib.sha256(f"validation {group}".encode()).hexdigest()[:8], 16) < fraction * 2**32
