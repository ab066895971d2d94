"""What people wrote for a project, checked without a model: parameters, rows, held-out rows, labels, reviews, what would leak."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mbegu.asking.recorded import read_recordings
from mbegu.asking.teachers import BY
from mbegu.builds.asked import exams
from mbegu.builds.declared import names
from mbegu.builds.project import Project, project_in
from mbegu.builds.references import check_references
from mbegu.curating.leakage import decontaminate
from mbegu.curating.merging import merge
from mbegu.curating.twins import check_heldout
from mbegu.errors import BadInput
from mbegu.rows.heldout import read_heldout
from mbegu.rows.jsonl import read_lines
from mbegu.rows.judgements import last, read_judgements
from mbegu.rows.reviews import DECISIONS, read_reviews
from mbegu.rows.row import Row, read_rows, unique_ids
from mbegu.rows.written import read_seeds
from mbegu.sources.telegram.briefs import KEYS, read_briefs, read_facts
from mbegu.sources.telegram.labels import LABELS, Labels, read_decisions, read_hand

FROM = ("seeds", "questioned", "sets", "campaigns", "raft", "quizzed")  # sections that say where a version's rows come from
PLACES = {"sets": "always", "campaigns": "briefs", "indexed": "facts"}  # the key of an item that names what people wrote
KNOBS = ("curate.heldout_similarity", "curate.heldout_overlap", "curate.leakage", "merge.near_duplicate")


def check(folder: Path) -> Iterator[str]:
    """Yields one factual line a file of the project in a folder, in the order in which a build would read them.

    Raises:
        BadInput: the first problem.
    """
    project = project_in(folder)
    params = _read_params(project.params)
    yield f"{project.params}: {_count(len(params['versions']), 'version')} ({', '.join(params['versions'])})"
    heldout: dict[str, Row] = {}
    for path in _heldout_files(folder, project, params):
        rows = check_heldout(read_heldout(path), params["curate"]["heldout_similarity"])
        heldout |= {row["id"]: row for row in rows}
        yield f"{path}: {_count(len(rows), 'held-out row')}, no two ask the same"
    for name, exam in exams(folder, project, params):
        rows = check_heldout(exam.rows(), params["curate"]["heldout_similarity"])
        heldout |= {row["id"]: row for row in rows}
        yield f"{project.exam(name)}: {len(exam.closed)} closed-book and {len(exam.control)} general questions"
    guarded = list(heldout.values())
    for name in params["seeds"]:
        yield _seeds(project.seeds(name), guarded, params)
    for name in names(params, "telegram"):
        yield from _labels(project, name)
    for name in params["campaigns"]:
        yield from _briefs(folder, name, params)
    for path in project.files("versions"):
        if path.stem != "none":
            rows = unique_ids(read_rows(path, answered=True), path)
            yield f"{path}: {_count(len(rows), 'row')}{_leaks(rows, guarded, params)}"
    if replies := read_recordings(project.data / "recordings") if (project.data / "recordings").is_dir() else {}:
        people = sum(BY not in line.answer for line in replies.values())
        yield f"{project.data / 'recordings'}: {len(replies)} replies, {people} written by people"
    for path in project.files("reviews"):
        decisions = [review["decision"] for review in read_reviews(path).values()]
        yield f"{path}: " + ", ".join(f"{decisions.count(name)} {name}" for name in DECISIONS)
    for path in project.files("judgements"):
        counted = last(read_judgements(path))
        yield f"{path}: {_count(len(counted), 'verdict')} of {_count(len({one.reviewer for one in counted}), 'reviewer')}"


def _heldout_files(folder: Path, project: Project, params: dict[str, Any]) -> list[Path]:
    """The held-out rows, and what people wrote of them where others are drawn from a set."""
    named = [folder / item["always"] for item in params["sets"].values()] + [project.heldout()]
    # a set may do without written rows, and then has an empty file of them; a campaign's are built of its briefs
    found = [path for path in dict.fromkeys(named) if path.exists() and path.stat().st_size]
    return found if found or params["campaigns"] else named[:1]


def _seeds(path: Path, heldout: list[Row], params: dict[str, Any]) -> str:
    rows = read_seeds(path)
    alike = merge([], rows, params["merge"]["near_duplicate"]).ledger
    drafts = sum(not row["output"] for row in rows)
    facts = (_count(len(rows), "row"), f"{drafts} without an answer", _count(len(alike), "near-duplicate"))
    return f"{path}: {', '.join(facts)}{_leaks(rows, heldout, params)}"


def _labels(project: Project, corpus: str) -> Iterator[str]:
    hand, reviews = project.labels(corpus), project.label_reviews(corpus)
    yield _called(hand, read_hand(hand))
    if reviews.exists():
        yield _called(reviews, read_decisions(reviews))


def _briefs(folder: Path, campaign: str, params: dict[str, Any]) -> Iterator[str]:
    item = params["campaigns"][campaign]
    place, facts = folder / item["briefs"], folder / params["indexed"][item["index"]]["facts"]
    known = {fact.id: fact for fact in read_facts(facts)}
    yield f"{facts}: {_count(len(known), 'fact')}"
    # without a build nobody knows the channels that have messages and no facts
    channels = {fact.channel for fact in known.values()} | {str(value.get("channel")) for _, value in read_lines(place, KEYS)}
    briefs = read_briefs(place, known, channels)
    yield f"{place}: {_count(len(briefs), 'brief')}, {sum(brief.heldout for brief in briefs)} held out"


def _called(path: Path, labels: Labels) -> str:
    said = [label.label for label in labels.values()]
    return f"{path}: " + ", ".join(f"{said.count(name)} {name}" for name in LABELS)


def _leaks(rows: list[Row], heldout: list[Row], params: dict[str, Any]) -> str:
    """What rows give held-out rows away, where `curate.leakage` lets a build go on without them."""
    curate = params["curate"]
    similarity, overlap, leakage = (curate[key] for key in ("heldout_similarity", "heldout_overlap", "leakage"))
    leaked = decontaminate(rows, heldout, similarity, overlap, leakage, "check").ledger
    return f", {len(leaked)} too like a held-out row" if heldout else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _read_params(path: Path) -> dict[str, Any]:
    """The sections of a project's parameters that this check reads.

    Raises:
        BadInput: no such file, not YAML, a section or key that is missing or of another form, or a version that DVC
            could not build.
    """
    try:
        params = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; run this in a project's folder, or name one by --project.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not YAML ({' '.join(str(error).split())}).") from None
    for name in ("versions", *FROM, "curate", "merge"):
        section = params.get(name) if isinstance(params, dict) else None
        if not isinstance(section, dict):
            raise BadInput(f"{path}: {name} is {section!r}; expected a section, or `{name}: {{}}` for none.")
    if not isinstance(params.get("indexed") or {}, dict):
        raise BadInput(f"{path}: indexed is {params['indexed']!r}; expected a section, or `indexed: {{}}` for none.")
    for name, item in params["sets"].items():
        _check_item(f"sets.{name}", item, path)
    for knob in KNOBS:
        name, key = knob.split(".")
        kinds = (str,) if key == "leakage" else (int, float)
        if not isinstance(params[name].get(key), kinds):
            raise BadInput(
                f"{path}: {knob} is {params[name].get(key)!r}; expected {'error or drop' if key == 'leakage' else 'a number'}."
            )
    for name in params["versions"]:
        _check_version(name, params, path)
    _check_system(params.get("prompt"), path)
    check_references(params, path)
    return dict(params)


def _check_system(prompt: Any, path: Path) -> None:
    """A text that is handed to stages by a command, which DVC cuts into lines."""
    system = prompt.get("system", "") if isinstance(prompt, dict) else ""
    if not isinstance(system, str):
        raise BadInput(f'{path}: prompt.system is {system!r}; write a text, "" for an empty message, or leave the key out.')
    if system != "".join(system.splitlines()):
        raise BadInput(f"{path}: prompt.system has a line break, and DVC runs a command line by line; write it as one line.")


def _check_version(name: Any, params: dict[str, Any], path: Path) -> None:
    if not isinstance(name, str) or "." in name:
        raise BadInput(
            f"{path}: a version is named {name!r}; DVC allows neither a number nor a dot, begin with a letter, as in v1."
        )
    item = params["versions"][name]
    extends = item.get("extends") if isinstance(item, dict) else None
    if extends != "none" and extends not in params["versions"]:
        known = ", ".join(map(str, params["versions"]))
        raise BadInput(f"{path}: versions.{name} extends {extends!r}; expected none or one of {known}.")
    _check_source(name, extends, params, path)


def _check_source(name: str, extends: Any, params: dict[str, Any], path: Path) -> None:
    found = [section for section in FROM if name in params[section]]
    if len(found) != 1:
        where = " and in ".join(found) or "none"
        raise BadInput(f"{path}: versions.{name} gets its rows in one of {', '.join(FROM)}; it is named in {where}.")
    place = f"{found[0]}.{name}"
    source = params[found[0]][name]
    _check_item(place, source, path)
    if found == ["campaigns"]:
        index = str(source.get("index"))
        _check_item(f"indexed.{index}", (params.get("indexed") or {}).get(index, {"facts": ""}), path)
    seen = source.get("extends")
    if found == ["seeds"] and seen != extends:
        raise BadInput(f"{path}: {place} extends {seen!r} and versions.{name} {extends!r}; make them the same.")


def _check_item(place: str, item: Any, path: Path) -> None:
    needed = PLACES.get(place.partition(".")[0])
    if not isinstance(item, dict) or (needed and not isinstance(item.get(needed), str)):
        raise BadInput(f"{path}: {place} is {item!r}; expected keys, as in a project of `mbegu new`.")
