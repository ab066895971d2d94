"""Records of a set that others made become rows: columns mapped, values made text, what is no row in the ledger."""

import difflib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.executors import Mapped, local
from mbegu.rows.ledger import Entry, Sieved, check_balance, entry
from mbegu.rows.row import KEYS, Row, parse_row, row_id
from mbegu.rows.shelf import Shelf
from mbegu.sources.sets.faults import bounded, limited
from mbegu.sources.sets.record import Record
from mbegu.sources.sets.settings import Columns
from mbegu.sources.sets.shapes import CHATS, fields_of, shaped
from mbegu.text import reasons

STAGE = "load"
LOOKED_AT = 1000  # records without a sign of a column, after which its name is taken for a slip
BYTE = re.compile("[\udc80-\udcff]")  # a byte that is no UTF-8, as `lines` hands it on


def load(
    source: str,
    records: Iterable[Record],
    columns: Columns,
    most: int,
    *,
    context: Sequence[str] = (),
    tool_calls: bool = False,
    unreadable: float = 0.5,
) -> tuple[Sieved[list[Row]], int]:
    """The first `most` records (0: all) of `source` as rows, each with its place as origin; and how many records were read.

    A record that holds several rows, such as a conversation, counts as so many; a file that is left out counts as none.

    Args:
        context: columns whose text goes before the input.
        tool_calls: whether a call of a tool is an answer.
        unreadable: share of a file's records that can't be read, from which on the file is refused.

    Raises:
        BadInput: no record, none that can be a row, too many that can't be read, or a column that no record has.
    """
    return gathered(source, made(bounded(limited(records, most), unreadable), columns, context, tool_calls), columns)


class Made(NamedTuple):
    """What one part of a record became."""

    row: Row | None
    line: Entry | None  # of the ledger
    names: list[str]  # of the columns that it came with
    is_file: bool = False  # no record, but a file that is left out


def made(
    records: Iterable[Record], columns: Columns, context: Sequence[str], tool_calls: bool, mapped: Mapped = local
) -> Iterator[Made]:
    """What each part of each record becomes; the arguments as in `load`."""
    for found in mapped(partial(_made, columns, context, tool_calls), records):
        yield from found


def _made(columns: Columns, context: Sequence[str], tool_calls: bool, record: Record) -> list[Made]:
    if record.is_file:
        name = _as_it_came({"instruction": record.text, "input": "", "output": ""}, record.where)
        return [Made(None, entry(name, STAGE, "left out", record.fault), [], is_file=True)]
    return [Made(*_row(part, columns), [*part.values]) for part in shaped(record, columns, context, tool_calls)]


def gathered(source: str, parts: Iterable[Made], columns: Columns) -> tuple[Sieved[list[Row]], int]:
    """As `load`, of what `made` gives."""
    ledger: list[Entry] = []
    counts = Counter[str]()
    kept = [*streamed(source, parts, columns, ledger, counts)]
    return Sieved(kept, ledger), counts["read"]


def streamed(
    source: str, parts: Iterable[Made], columns: Columns, ledger: list[Entry] | Shelf[Entry], counts: Counter[str]
) -> Iterator[Row]:  # fmt: skip
    """The rows of `gathered`, one at a time; what it raises at the end comes after the last.

    Args:
        ledger: learns its lines.
        counts: learns how many records were "read" and "kept".

    Raises:
        AssertionError: rows in are not rows out and dropped ones.
    """
    seen: set[str] = set()
    for row, line, names, is_file in parts:
        if line:
            ledger.append(line)
        if is_file:
            continue
        counts["read"] += 1
        seen.update(names)
        if counts["read"] == LOOKED_AT:  # the input may come later: JSON Lines may leave it out where it is empty
            _check_columns(source, {"instruction": columns.instruction, "output": columns.output}, seen)
        if row:
            counts["kept"] += 1
            yield row
    read = counts["read"]
    if not read:
        raise BadInput(f"{source}: holds no records; expected some with a question and an answer each.")
    if seen:
        _check_columns(source, columns._asdict(), seen)
    if not counts["kept"]:
        place, reason = next((line["row"]["origin"]["source"], line["reason"]) for line in ledger if line["action"] == "dropped")
        raise BadInput(f"{place}: {reason}; nor can another of the {read} records of {source} be a row.")
    check_balance(read, counts["kept"], ledger, STAGE)


def noted(records: Iterable[Record], counts: Counter[str]) -> Iterator[Record]:
    """The same records; `counts` learns in how many of them each column holds something."""
    for record in records:
        counts.update(name for name, value in record.values.items() if value not in (None, "", [], {}))
        yield record


def left_out(counts: Counter[str], columns: Columns, context: Sequence[str]) -> str:
    """A sentence on the columns that hold something and are not read, and how to read them; "" if there is none.

    Raises:
        BadInput: a column of `context` holds nothing anywhere.
    """
    for name in context:
        if name not in counts:
            raise BadInput(f"load.context: no column {name!r} holds anything; there are {', '.join(map(repr, counts))}.")
    read = {*columns, *context}
    chat = columns.instruction not in counts and columns.output not in counts
    rest = [name for name in counts if name not in read and not (chat and name in (*CHATS, "paragraphs"))]
    if not rest:
        return ""
    named = ", ".join(f"{name!r} (in {counts[name]} records)" for name in rest)
    return f"columns left out: {named}. load.context: [{rest[0]}] would put one before the input, load.columns maps others."


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
    values = fields_of(record, columns) if record.fields is None else record.fields
    texts = {key: as_text(value) for key, value in values.items()}
    fault = record.fault or _fault(values, texts)
    row = None if fault else parse_row({**texts, "origin": _origin(record)}, record.where, answered=True)
    made = [f"{key} was {_kind(value)}" for key, value in values.items() if value is not None and not isinstance(value, str)]
    changed = f"{reasons.REPAIRED}: {record.mended}" if record.mended else made and f"{reasons.MADE_TEXT}: {', '.join(made)}"
    if not fault and not changed:
        return row, None
    before = _as_it_came(values | ({"instruction": record.text} if record.fault else {}), record.where)
    return row, entry(before, STAGE, "dropped", fault) if fault else entry(before, STAGE, "changed", str(changed))


def _origin(record: Record) -> dict[str, Any]:
    return {"kind": "seed", "parents": list(record.parents), "source": record.where}


def as_text(value: Any) -> str | None:
    """A value as text if that loses nothing: text, null (no text), a number, a list of one text; else None.

    Of SQuAD's answers, `{"text": [...], "answer_start": [...]}`, the first, as they say the same; "" if there is none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value.keys() == {"text", "answer_start"} and isinstance(value["text"], list):
        value = value["text"][:1] or None
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    if _is_finite(value):
        return str(value)
    return "" if value is None else None


def _is_finite(value: Any) -> bool:
    """Whether it is a number; an integer of more digits than a float holds is one, too."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return isinstance(value, int) or (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value))


def _fault(values: dict[str, Any], texts: dict[str, str | None]) -> str:
    """Why these texts are no row, or ""."""
    for key, text in texts.items():
        if text is None:
            return f"{reasons.WRONG_TYPE}: {key} is {_kind(values[key])}"
        if not text.isascii() and _writable(text) != text:
            return f"{reasons.NOT_VALID} UTF-8 in {key}" if BYTE.search(text) else f"{reasons.SURROGATE} in {key}"
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
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "nested too deeply to be shown"
