"""Metrics and plot series as files that diff well: fixed key order, fixed precision, whole or absent."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mbegu.outputs import whole


def write_json(path: Path, value: Any) -> None:
    """Writes indented JSON with a last newline."""
    with whole(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes a CSV file with a header line and Unix line ends."""
    with whole(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
