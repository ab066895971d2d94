"""Records of a set that others made become rows: columns mapped, values made text, what is no row in the ledger."""

import difflib
import json
import math
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.ledger import Entry, Sieved, entry
from mbegu.rows.row import KEYS, Row, parse_row, row_id
from mbegu.sources.sets.records import Record
from mbegu.sources.sets.settings import Columns
from mbegu.text import reasons

STAGE = "load"
LOOKED_AT = 1000  # records without a sign of a column, after which its name is taken for a slip


def load(source: str, records: Iterable[Record], columns: Columns, most: int) -> tuple[Sieved, int]:
    """The first `most` records (0: all) of `source` as rows, each with its place as origin; and how many records were read.

    Raises:
        BadInput: no record, none that can be a row, or a column that no record has.
    """
    kept, ledger, read = [], [], 0
    seen: set[str] = set()
    for record in islice(records, most or None):
        read += 1
        row, line = _row(record, columns)
        kept += [row] if row else []
        ledger += [line] if line else []
        seen |= record.values.keys()
        if read == LOOKED_AT:  # the input may come later: JSON Lines may leave it out where it is empty
            _check_columns(source, {"instruction": columns.instruction, "output": columns.output}, seen)
    if not read:
        raise BadInput(f"{source}: holds no records; expected some with a question and an answer each.")
    if seen:
        _check_columns(source, columns._asdict(), seen)
    if not kept:
        place, reason = ledger[0]["row"]["origin"]["source"], ledger[0]["reason"]
        raise BadInput(f"{place}: {reason}; nor can another of the {read} records of {source} be a row.")
    return Sieved(kept, ledger), read


def _check_columns(source: str, wanted: dict[str, str], seen: set[str]) -> None:
    for key, column in wanted.items():
        if column not in seen and (column or key != "input"):
            close = difflib.get_close_matches(column, sorted(seen), 1)
            names = ", ".join(repr(name if len(name) <= 40 else f"{name[:39]}…") for name in sorted(seen))
            todo = "'' if there is none" if key == "input" else "a CSV file begins with a header line"
            hint = f"Did you mean {close[0]!r}?" if close else f"Set load.columns.{key}; {todo}."
            raise BadInput(f"{source}: no column {column!r}; there are {names}. {hint}")


def _row(record: Record, columns: Columns) -> tuple[Row | None, Entry | None]:
    """A record as a row, and its ledger line if it was changed or dropped."""
    values = {key: record.values.get(column) if column else None for key, column in columns._asdict().items()}
    texts = {key: as_text(value) for key, value in values.items()}
    before = _as_it_came(values | ({"instruction": record.text} if record.fault else {}), record.where)
    fault = record.fault or _fault(values, texts)
    if fault:
        return None, entry(before, STAGE, "dropped", fault)
    row = parse_row(dict(texts), record.where, answered=True)
    made = [f"{key} was {_kind(value)}" for key, value in values.items() if value is not None and not isinstance(value, str)]
    return row, entry(before, STAGE, "changed", f"{reasons.MADE_TEXT}: {', '.join(made)}") if made else None


def as_text(value: Any) -> str | None:
    """A value as text if that loses nothing: text, null (no text), a number, a list of one text; else None."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and math.isfinite(value):
        return str(value)
    return "" if value is None else value if isinstance(value, str) else None


def _fault(values: dict[str, Any], texts: dict[str, str | None]) -> str:
    """Why these texts are no row, or ""."""
    for key, text in texts.items():
        if text is None:
            return f"{reasons.WRONG_TYPE}: {key} is {_kind(values[key])}"
        if _writable(text) != text:
            return f"{reasons.SURROGATE} in {key}"
        if key != "input" and not text.strip():
            return f"{reasons.EMPTY} {key}"
    return ""


def _kind(value: Any) -> str:
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, list | dict) else type(value).__name__


def _writable(text: str) -> str:
    """Half of a surrogate pair, which UTF-8 can't hold, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _as_it_came(values: dict[str, Any], where: str) -> Row:
    """A row for the ledger: the values as text, JSON where they are none."""
    shown = [value if isinstance(value, str) else "" if value is None else _dumps(value) for value in values.values()]
    texts = [_writable(text) for text in shown]
    origin = {"kind": "seed", "parents": [], "source": where}
    return dict(zip(KEYS, (row_id(texts[0], texts[1]), *texts, origin), strict=True))


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
