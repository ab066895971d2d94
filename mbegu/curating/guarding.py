"""Rows that leak, told from any number of others, of which none is held."""

from collections.abc import Iterable

from mbegu.curating.leakage import Bite, Guard, sifted
from mbegu.rows.row import Row
from mbegu.rows.shelf import Parted, Rows, keep, like


def guarded_from(rows: Rows, guard: Guard, found: Iterable[Bite | None], leakage: str, stage: str) -> Parted[Rows]:
    """As `mbegu.curating.leakage.sifted`, which is shown no rows but those that leak, or descend from one that does.

    Raises:
        BadInput: as `sifted`.
    """
    kept, ledger = like(rows), like(rows)
    leaking: list[Row] = []
    bites: list[Bite | None] = []
    ids: set[str] = set()
    for position, (row, bite) in enumerate(zip(rows, found, strict=True)):
        if bite is None and ids.isdisjoint(row["origin"]["parents"]):
            keep(kept, rows, position)
        else:
            leaking.append(row)
            bites.append(bite)
            ids.add(row["id"])
    for line in sifted(leaking, guard, bites, leakage, stage).ledger:
        ledger.append(line)
    return Parted(kept, ledger)
