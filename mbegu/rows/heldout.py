"""Held-out rows: questions with reference answers that no version is trained on."""

from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.checks import parse_checks
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import KEYS, Row, parse_row, unique_ids
from mbegu.rows.written import check_written

MARKS = ("checks", "unanswerable", "mentions", "group", "source")  # what a held-out row may say of itself


def read_heldout(path: Path) -> list[Row]:
    """Reads held-out rows: those of a dataset, and five fields that may be left out.

    `checks` holds verifiable instructions (`mbegu.rows.checks`); `unanswerable: true` marks a question to which
    "I don't know" is the right answer; `mentions` lists texts that a good answer holds; answers to rows of one `group` are not
    independent of each other; `source`, "document.md#heading", marks a closed-book question: it has no passage, and asks about a
    document that is trained on. The group of such a question is its document, unless it names another one.

    Raises:
        BadInput: as `read_rows` and, of rows without an origin, `check_written`; no row at all; a field of the wrong type; rows
            that ask the same.
    """
    lines = list(read_lines(path, (*KEYS, *MARKS)))
    rows = [_heldout_row(value, where) for where, value in lines]
    if not rows:
        raise BadInput(f"{path}: no held-out rows; without any, no version can be scored.")
    check_written(row for row, (_, value) in zip(rows, lines, strict=True) if "origin" not in value)
    return unique_ids(rows, path)


def _heldout_row(value: dict[str, Any], where: str) -> Row:
    unanswerable = value.pop("unanswerable", False)
    if not isinstance(unanswerable, bool):
        raise BadInput(f"{where}: 'unanswerable' is {unanswerable!r}; expected true or false.")
    mentions, group = value.pop("mentions", []), value.pop("group", "")
    if not isinstance(mentions, list) or not all(isinstance(one, str) and one.strip() for one in mentions):
        raise BadInput(f"{where}: 'mentions' is {mentions!r}; expected a list of texts, none of them empty.")
    if not isinstance(group, str):
        raise BadInput(f"{where}: 'group' is {group!r}; expected a text, such as the name of a channel.")
    checks = parse_checks(value.pop("checks"), where) if "checks" in value else {}
    source = _source(value, where)
    group = group or source.partition("#")[0]
    marks = {"checks": checks, "unanswerable": unanswerable, "mentions": mentions, "group": group, "source": source}
    return parse_row(value, where, answered=True) | marks


def _source(value: dict[str, Any], where: str) -> str:
    """Where a closed-book question's answer stands; "" for a row that has its text with it."""
    source = value.pop("source", "")
    if not isinstance(source, str):
        raise BadInput(f"{where}: 'source' is {source!r}; expected a text such as \"rules.md#Fees\".")
    if source and value.get("input"):
        raise BadInput(f"{where}: has an 'input' and a 'source'; a closed-book question has no passage, leave one of them out.")
    return source
