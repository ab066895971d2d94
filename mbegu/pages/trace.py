"""Where a row came from, and what became of it: from any id back to the lines that people wrote."""

from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds.project import Project
from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines
from mbegu.rows.ledger import read_ledger
from mbegu.rows.nearest import nearest, pool
from mbegu.rows.row import Row, question, read_rows
from mbegu.sources.documents.documents import KEYS


class Records(NamedTuple):
    """Everything that the files of a project say about rows."""

    files: list[dict[str, Row]]  # rows by id, a file each: seeds first, versions last
    versions: dict[str, dict[str, Row]]  # the latter by name
    dropped: list[tuple[Path, dict[str, Any]]]  # (ledger, its line)
    documents: dict[str, tuple[str, str]]  # by id: (title, where the text stands)


def read_records(project: Project) -> Records:
    """Reads seeds, built rows and ledgers of a project; what is not built yet is left out.

    Raises:
        BadInput: a file that can't be read.
    """
    files = {path: {row["id"]: row for row in read_rows(path, answered=False)} for path in project.row_files()}
    versions = {path.stem: rows for path, rows in files.items() if path == project.rows(path.stem)}
    dropped = [(path, line) for path in project.row_ledgers() for line in read_ledger(path)]
    return Records(list(files.values()), versions, dropped, _documents(project))


def _documents(project: Project) -> dict[str, tuple[str, str]]:
    read = [(path, value) for path in project.files("documents") for _, value in read_lines(path, KEYS)]
    return {value["id"]: (value["title"], f"{value['path']}, read into {path}") for path, value in read}


def find(prefix: str, records: Records) -> str:
    """The id that begins with `prefix`.

    Raises:
        BadInput: no id does, or several do.
    """
    ids = {id_ for rows in records.files for id_ in rows} | {line["id"] for _, line in records.dropped}
    found = sorted(id_ for id_ in ids if id_.startswith(prefix))
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadInput(
            f"{prefix!r}: no row has this id, in a version, a seeds file or a ledger; ids are in data/versions/*.jsonl."
        )
    raise BadInput(f"{prefix!r}: {len(found)} ids begin so ({', '.join(found[:4])} …); give more digits.")


def explain(id_: str, records: Records) -> list[str]:
    """What is known of a row, as lines of text: its text, where it stands, its origin down to human lines, its drops."""
    drops = [(path, line) for path, line in records.dropped if line["id"] == id_]
    row = last(id_, records) or drops[-1][1]["row"]
    versions = [version for version, rows in records.versions.items() if id_ in rows]
    lines = [f"Row {id_}, " + (f"in {', '.join(versions)}" if versions else "in no version")]
    lines += _text(row) + _origin(row) + _nearest(row, records, versions)
    for path, line in drops:
        score = "" if line["score"] is None else f" ({line['score']})"
        lines.append(f"  {line['action']} by {line['stage']}: {line['reason']}{score}   {path}")
        if line["nearest"]:
            lines.append(f"    nearest: {line['nearest']}  {_short(known(line['nearest'], records))}")
        if line["action"] == "changed" and line["row"]["output"] != row["output"]:
            lines.append(f"    before: {_one_line(line['row']['output'])}")
    return lines + _ancestors(row, records, 1, set())


def _text(row: Row) -> list[str]:
    parts = [("question", row["instruction"]), ("input", row["input"]), ("answer", row["output"])]
    return [f"  {name + ':':10}{_one_line(text)}" for name, text in parts if text]


def _origin(row: Row) -> list[str]:
    origin = row["origin"]
    lines = [f"  origin:   {origin['kind']}" + (f", {origin['source']}" if "source" in origin else "")]
    if "teacher" in origin:
        teacher = ", ".join(f"{key} {value}" for key, value in origin["teacher"].items())
        lines += [f"  teacher:  {teacher}"]
        lines += [f"  recorded: {origin['recording']}"] if "recording" in origin else []
        lines += [f"  request:  {origin['request']}"] if "request" in origin else []
    if "round" in origin:
        kind = {True: "a classification task", False: "not a classification task"}.get(
            origin.get("classification"), "one request"
        )
        lines.append(f"  method:   round {origin['round']}, {len(origin['demonstrations'])} demonstrations, {kind}")
    if "review" in origin:
        lines.append(f"  review:   {origin['review']}")
    if "measures" in origin:
        lines.append("  passed:   " + ", ".join(f"{name} {value}" for name, value in origin["measures"].items()))
    return lines


def _nearest(row: Row, records: Records, versions: list[str]) -> list[str]:
    others = [other for other in records.versions[versions[-1]].values() if other["id"] != row["id"]] if versions else []
    near = nearest(row, others, pool(others))
    return [] if near is None else [f"  nearest:  {near.row['id']}  {_short(near.row)} (ROUGE-L F1 {near.score:.2f})"]


def _ancestors(row: Row, records: Records, depth: int, seen: set[str]) -> list[str]:
    lines = []
    for id_ in row["origin"]["parents"]:
        parent = known(id_, records)
        if parent is None:
            title, place = records.documents.get(id_, ("", "not in this project any more"))
            lines.append(f"{'  ' * depth}from {id_}  {title}  {place}")
            continue
        place = parent["origin"].get("source", parent["origin"]["kind"])
        lines.append(f"{'  ' * depth}from {id_}  {_short(parent)}  {place}")
        if id_ not in seen:
            lines += _ancestors(parent, records, depth + 1, seen | {id_})
    return lines


def known(id_: str, records: Records) -> Row | None:
    """The row, kept or dropped; None if no file has it."""
    return last(id_, records) or next((line["row"] for _, line in records.dropped if line["id"] == id_), None)


def last(id_: str, records: Records) -> Row | None:
    """The row as the last file has it that does."""
    return next((rows[id_] for rows in reversed(records.files) if id_ in rows), None)


def _short(row: Row | None) -> str:
    text = "" if row is None else _one_line(question(row))
    return f'"{text[:70]}…"' if len(text) > 70 else f'"{text}"'


def _one_line(text: str) -> str:
    return " ".join(text.split())
