"""Held-out rows: questions with reference answers that no version is trained on."""

from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.checks import parse_checks
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import KEYS, Row, parse_row, unique_ids


def read_heldout(path: Path) -> list[Row]:
    """Reads held-out rows: those of a dataset, and two fields that may be left out.

    `checks` holds verifiable instructions (`mbegu.rows.checks`); `unanswerable: true` marks a question to which
    "I don't know" is the right answer.

    Raises:
        BadInput: as `read_rows`; no row at all; a field of the wrong type; two rows that ask the same.
    """
    rows = [_heldout_row(value, where) for where, value in read_lines(path, (*KEYS, "checks", "unanswerable"))]
    if not rows:
        raise BadInput(f"{path}: no held-out rows; without any, no version can be scored.")
    return unique_ids(rows, path)


def _heldout_row(value: dict[str, Any], where: str) -> Row:
    unanswerable = value.pop("unanswerable", False)
    if not isinstance(unanswerable, bool):
        raise BadInput(f"{where}: 'unanswerable' is {unanswerable!r}; expected true or false.")
    checks = parse_checks(value.pop("checks"), where) if "checks" in value else {}
    return parse_row(value, where, answered=True) | {"checks": checks, "unanswerable": unanswerable}
