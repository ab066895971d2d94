"""A row that a person adds to a file of seeds by a form: checked as a build would check it, then written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds.declared import read_params
from mbegu.builds.project import NONE, Project
from mbegu.builds.values import parse_section
from mbegu.curating.leakage import find_leak, guard
from mbegu.curating.merging import merge
from mbegu.curating.pasted import turn_mark
from mbegu.curating.settings import Curate, Merge
from mbegu.errors import BadInput
from mbegu.rows.heldout import read_heldout
from mbegu.rows.journal import changing
from mbegu.rows.jsonl import append_lines
from mbegu.rows.parts import frames
from mbegu.rows.row import Row, parse_row, place, question, read_rows
from mbegu.rows.written import FIELDS, fault, read_seeds
from mbegu.sources.seeds.sheet import line_of
from mbegu.text.filters import empty


class Around(NamedTuple):
    """What a new seed is compared with."""

    path: Path  # the file of seeds
    seeds: list[Row]
    trained: list[Row]  # rows of the versions that its own extends
    heldout: list[Row]


def add_seed(project: Project, version: str, typed: Mapping[str, str]) -> str:
    """Adds a row to the seeds of a version, and returns the line where it stands.

    Args:
        typed: `instruction`, `input` and `output`; without a word of output the teacher drafts it.

    Raises:
        BadInput: the row is at fault; all faults are named, and the file is as it was.
    """
    path = project.seeds(version)
    params = read_params(project.params)
    if version not in project.names("seeds"):
        known = ", ".join(project.names("seeds")) or "none"
        raise BadInput(f"{project.params}: seeds declares no {version!r}, so that no build would read it; it declares {known}.")
    with changing(path):
        row = _row(typed)
        around = _around(project, version, path, params)
        if found := faults(row, around, params, str(project.params)):
            raise BadInput("Not added. " + " ".join(found))
        append_lines(path, [line_of(row)])
        number = path.read_bytes().count(b"\n")
    return f"{path}:{number}"


def _row(typed: Mapping[str, str]) -> Row:
    """The row as `read_rows` would give it."""
    filled = {field: typed.get(field, "") for field in FIELDS}
    if not filled["output"].strip():
        del filled["output"]
    return parse_row(filled, "The new row", answered=False)


def _around(project: Project, version: str, path: Path, params: Mapping[str, Any]) -> Around:
    trained: dict[str, Row] = {}
    for name in _extended(version, params):
        rows = project.rows(name) if project.rows(name).is_file() else project.seeds(name)
        trained |= {row["id"]: row for row in read_rows(rows, answered=False)} if rows.is_file() else {}
    heldout = read_heldout(project.heldout()) if project.heldout().is_file() and project.heldout().stat().st_size else []
    return Around(path, read_seeds(path) if path.exists() else [], list(trained.values()), heldout)


def _extended(version: str, params: Mapping[str, Any]) -> list[str]:
    """The versions below one, the nearest last."""
    found: list[str] = []
    below = str(params["versions"][version]["extends"])
    while below != NONE and below not in found:
        found.append(below)
        below = str(params["versions"][below]["extends"])
    return found[::-1]


def faults(row: Row, around: Around, params: Mapping[str, Any], where: str) -> list[str]:
    """What is wrong with a new seed, a sentence each."""
    found = [f"The {field} {problem}." for field in FIELDS if row[field] and (problem := fault(row[field], field))]
    found += [f"The {field} holds no word." for field in ("instruction", "output") if row[field] and empty(row[field])]
    found += [f"The {field} holds the control token {mark!r}." for field in FIELDS if (mark := turn_mark(row[field]))]
    settings = dict(params)
    curate = parse_section(settings, "curate", Curate, where)
    return found or [*_twins(row, around, parse_section(settings, "merge", Merge, where)), *_leaks(row, around, curate)]


def _twins(row: Row, around: Around, bounds: Merge) -> list[str]:
    """The row that asks the same, which would be trained on instead."""
    others = {other["id"]: other for other in [*around.trained, *around.seeds]}
    if row["id"] in others:
        return [f"It asks the same as {place(others[row['id']])}; change that row instead."]
    ledger = merge(list(others.values()), [row], bounds.near_duplicate).ledger
    return [
        f"It asks nearly the same as {place(others[line['nearest']])}: {question(others[line['nearest']])!r} "
        f"(ROUGE-L F1 {line['score']:.2f}, above {bounds.near_duplicate}); it would be dropped."
        for line in ledger
    ]


def _leaks(row: Row, around: Around, bounds: Curate) -> list[str]:
    """The held-out row that it gives away."""
    known = frames([row, *around.seeds, *around.trained, *around.heldout])
    leak = find_leak(row, guard(around.heldout, known), bounds.heldout_similarity, bounds.heldout_overlap)
    if leak is None:
        return []
    told = f"{question(leak.heldout)!r} ({leak.reason} {leak.score:.2f})"
    return [f"It is too like the held-out row {place(leak.heldout)}: {told}; training on it would make the scores meaningless."]
