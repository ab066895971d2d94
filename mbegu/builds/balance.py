"""Rows in = rows out + rows dropped, of each stage that was built, read from its files: what a stage checks as it writes them."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds.declared import read_params
from mbegu.builds.project import LEDGER, Project
from mbegu.errors import BadInput
from mbegu.rows.heldout import MARKS
from mbegu.rows.jsonl import read_lines
from mbegu.rows.ledger import read_ledger
from mbegu.rows.row import KEYS


class Flow(NamedTuple):
    """The files of one stage. None of them has to be there."""

    stage: str  # as dvc.yaml names it
    rows_in: list[Path]
    rows_out: list[Path]
    ledger: list[Path]  # none, if nothing is dropped
    counts: Callable[[dict[str, Any]], bool] = lambda row: True  # whether a row that came out, or was dropped, had come in


def flows(project: Project, params: Mapping[str, Any], folder: Path) -> Iterator[Flow]:
    """The stages of a project whose rows can be counted on both sides; others draw or cut them from what is no rows."""

    def rows(kind: str, name: str) -> list[Path]:
        return [project.data / kind / f"{name}.jsonl"]

    def ledger(kind: str, name: str) -> list[Path]:
        return [project.data / kind / f"{name}{LEDGER}"]

    for name, item in params["sets"].items():
        drawn, always = folder / item["heldout"], folder / item["always"]
        yield Flow(f"clean@{name}", rows("loaded", name), rows("cleaned", name), ledger("cleaned", name))
        trained = rows("expanded", name)
        yield Flow(f"split@{name}", [*rows("cleaned", name), always], [*trained, drawn], ledger("expanded", name))
    for name in params["seeds"]:
        yield Flow(f"expand@{name}", rows("seeds", name), rows("expanded", name), ledger("expanded", name), _of_seeds)
    for name in params["questioned"]:
        yield Flow(f"answer@{name}", rows("questions", name), rows("expanded", name), ledger("expanded", name), _asked)
    for name, item in (params.get("raft") or {}).items():
        yield Flow(f"raft@{name}", rows("curated", item["rows"]), rows("expanded", name), ledger("expanded", name))
    for name, item in params["versions"].items():
        yield Flow(f"curate@{name}", rows("expanded", name), rows("curated", name), ledger("curated", name))
        before = rows("versions", item["extends"])
        yield Flow(f"merge@{name}", [*before, *rows("curated", name)], rows("versions", name), ledger("versions", name))
        yield Flow(f"encode@{name}", rows("versions", name), [project.lengths(name)], ledger("encoded", name))


def _of_seeds(row: dict[str, Any]) -> bool:
    return "round" not in row["origin"]  # which the teacher's own instructions have


def _asked(row: dict[str, Any]) -> bool:
    return "question_of" not in row["origin"]  # which rows have that are put to another passage


def check(project: Project, folder: Path, stale: Sequence[str]) -> int:
    """Counts the rows of each stage whose files are all there.

    Args:
        stale: stages that a build would run again, whose files may be of different builds.

    Returns:
        How many stages were checked.

    Raises:
        BadInput: a sum does not hold, or a file can't be read.
    """
    built = [flow for flow in flows(project, read_params(project.params), folder) if flow.stage not in stale and _is_built(flow)]
    for flow in built:
        _check(flow)
    return len(built)


def _is_built(flow: Flow) -> bool:
    return all(path.is_file() for path in (*flow.rows_in, *flow.rows_out, *flow.ledger))


def _check(flow: Flow) -> None:
    rows_in = sum(len(_rows(path)) for path in flow.rows_in)
    rows_out = sum(flow.counts(row) for path in flow.rows_out for row in _rows(path))
    lines = [line for path in flow.ledger for line in read_ledger(path)]
    dropped = sum(line["action"] == "dropped" and flow.counts(line["row"]) for line in lines)
    if rows_in != rows_out + dropped:
        files = ", ".join(map(str, (*flow.rows_out, *flow.ledger)))
        raise BadInput(
            f"{files}: {rows_in} rows went in, {rows_out} came out and {dropped} were dropped; a file was edited by hand. "
            f"Run `dvc repro --force {flow.stage}`."
        )


def _rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    return [row for _, row in read_lines(path, (*KEYS, *MARKS))]
