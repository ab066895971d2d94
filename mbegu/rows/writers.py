"""Who wrote a row, where a teacher's part may have been played by people."""

from mbegu.rows.row import Row

PEOPLE = "people"  # who wrote a recording, if nobody else is named


def by_people(row: Row) -> bool:
    """Whether people wrote a row: as a seed, or in a recording that names nobody else."""
    return row["origin"]["kind"] == "seed" or row["origin"].get("teacher", {}).get("by") == PEOPLE
