"""What a build says of one of its adapters: read from its files and `dvc.lock`, never from the settings of today."""

import csv
import difflib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mbegu.builds.lock import Lock, ancestry, check_unchanged, settings
from mbegu.builds.project import Project
from mbegu.builds.record import revision
from mbegu.errors import BadInput
from mbegu.models.manifest import sha256
from mbegu.models.trained import PROMPT_FILE
from mbegu.rows.lineage import roots
from mbegu.rows.row import Row, question, read_rows
from mbegu.scoring.comparison import BASE, pair_name
from mbegu.scoring.predictions import read_predictions
from mbegu.scoring.verdicts import in_words, units

EXAMPLES = 3  # held-out questions that a card shows, the first ones


def gather(version: str, project: Project, lock: Lock, base_name: str) -> dict[str, Any]:
    """Everything that the card's template shows, for an adapter that is what `dvc.lock` says.

    Args:
        base_name: what the base model is called on a hub.

    Raises:
        BadInput: no such version, something is not built, or is not what `dvc.lock` says.
    """
    _known(version, project.adapters, lock)
    folder, predictions = project.adapter(version), project.predictions(version)
    made_of, *_ = [ancestry(path.as_posix(), lock) for path in (folder, predictions, project.compared())]
    given = {path: digest for path, digest in made_of.items() if path not in lock}
    for path, digest in given.items():
        check_unchanged(path, digest)
    compared = _compared(version, project)
    return {
        "version": version,
        "adapter": (folder / "adapter_config.json").is_file(),
        "prompt": json.loads((folder / PROMPT_FILE).read_text(encoding="utf-8")),
        "base": {"name": base_name, "fetched": json.loads((project.base / "base.json").read_text(encoding="utf-8"))},
        "datasets": _datasets(version, project, made_of, lock),
        "training": settings(lock[folder.as_posix()]),
        "curves": {name: _curve(project.curve(version, name), lock) for name in ("training", "validation")},
        "answered": _answered(settings(lock[predictions.as_posix()]), project.base),
        "compared": compared,
        "verdict": in_words(compared["pairs"][pair_name(version, BASE)], units(compared)),
        "heldout": _heldout(predictions, lock),
        "answers": _answers(predictions),
        "examples": _examples(predictions, project.predictions(BASE)),
        "inputs": _inputs(given),
        "revision": revision([*given, "dvc.yaml", "params.yaml", ":/mbegu", ":/stages"]),
    }


def _answered(found: dict[str, Any], base: Path) -> dict[str, Any]:
    """The settings of the answers; what `auto` has become is taken from this machine."""
    if found["quantization"] == "auto":
        from mbegu.models.loading import quantization  # which imports torch

        return found | {"quantization": quantization(base, "auto").name}
    return found


def base_name(given: str | None, base: Path, lock: Lock) -> str:
    """What a stranger finds the base model under.

    Args:
        given: what the user says; else it is what the base stage fetched, or the model that its wheel holds.

    Raises:
        BadInput: no one says it.
    """
    if given:
        return given
    try:
        fetched = json.loads((base / "base.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{base}: no base.json here; fetch it with `dvc pull {base}` or build it with `dvc repro base`.") from None
    if fetched["source"] == "hub":
        return str(fetched["name"])
    if fetched["source"] == "wheel":
        return str(fetched["model"])
    if fetched["source"] == "pypi" and (named := _named(base.as_posix(), lock)):
        return named
    raise BadInput(f"{base}: nothing says what this model is called on a hub; add --base_model NAME/REPO.")


def _named(base: str, lock: Lock) -> str | None:
    """The hub's name that params.yaml had for the model of a wheel, or of the base that tokens were added to."""
    built = [lock[base]] if base in lock else []
    built += [lock[dep["path"]] for one in built for dep in one.stage.get("deps", []) if dep["path"] in lock]
    return next((str(found["hub.name"]) for found in map(settings, built) if "hub.name" in found), None)


def _known(version: str, adapters: Path, lock: Lock) -> None:
    known = sorted(Path(path).name for path in lock if Path(path).parent == adapters)
    if version not in known:
        close = difflib.get_close_matches(version, known, 1)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(known) or 'none'}."
        raise BadInput(f"--version {version}: dvc.lock has no {adapters / version}. {hint} Build a new one with `dvc repro`.")


def _compared(version: str, project: Project) -> dict[str, Any]:
    path, score = project.compared(), project.score(version)
    compared = dict(json.loads(path.read_text(encoding="utf-8")))
    if version not in compared["models"]:
        raise BadInput(f"{path}: does not compare {version}; run `dvc repro`.")
    if not score.is_file() or json.loads(score.read_text(encoding="utf-8")) != compared["models"][version]:
        raise BadInput(f"{score}: is not what {path.name} compares; run `dvc repro`.")
    return compared


def _datasets(version: str, project: Project, made_of: Mapping[str, str], lock: Lock) -> list[dict[str, Any]]:
    """The versions that the adapter's rows stand on, its own last."""
    built = [path for path in made_of if Path(path) == project.rows(Path(path).stem) and path in lock]
    found = []
    for path in sorted(built, key=lambda path: (Path(path).stem == version, path)):
        check_unchanged(path, made_of[path])
        rows = read_rows(Path(path), answered=True)
        kinds = Counter(str(row["origin"].get("kind", "unknown")) for row in rows)
        people = {root for row in rows for root in roots(row)}
        numbers = {"rows": len(rows), "kinds": sorted(kinds.items()), "roots": len(people)}
        found.append({"name": Path(path).stem, "sha256": sha256(Path(path)), **numbers})
    if not found or found[-1]["name"] != version:
        raise BadInput(f"{project.rows(version)}: the adapter was not built from it; name its folder by --data.")
    return found


def _curve(path: Path, lock: Lock) -> list[tuple[int, float]]:
    """(optimizer step, loss), or nothing where training kept no such curve."""
    built = lock.get(path.as_posix())
    if built is None:
        return []
    check_unchanged(path.as_posix(), built.md5)
    with open(path, encoding="utf-8", newline="") as file:
        return [(int(line["step"]), float(line["loss"])) for line in csv.DictReader(file)]


def _heldout(predictions: Path, lock: Lock) -> dict[str, Any]:
    """The file of held-out rows, which the predict stage read."""
    deps = lock[predictions.as_posix()].stage["deps"]
    named = {dep["path"]: dep["md5"] for dep in deps if dep["path"].endswith(".jsonl")}
    if len(named) != 1:
        raise BadInput(f"{predictions}: its stage reads {', '.join(named) or 'no rows'}; expected one file of held-out rows.")
    ((path, digest),) = named.items()
    check_unchanged(path, digest)
    return {"path": path, "sha256": sha256(Path(path))}


def _answers(predictions: Path) -> list[Row]:
    """The held-out rows with the adapter's answers in place of the references."""
    return [
        {"id": row["id"], "instruction": row["instruction"], "input": row["input"], "output": row["prediction"],
         "origin": {"source": predictions.as_posix()}}
        for row in read_predictions(predictions)
    ]  # fmt: skip


def _examples(predictions: Path, of_base: Path) -> list[dict[str, str]]:
    answers, before = read_predictions(predictions)[:EXAMPLES], read_predictions(of_base)[:EXAMPLES]
    if [row["id"] for row in answers] != [row["id"] for row in before]:
        raise BadInput(f"{of_base}: answers other questions than {predictions.name}; run `dvc repro`.")
    return [
        {"question": question(row), "instruction": row["instruction"], "input": row["input"], "reference": row["reference"],
         "base": other["prediction"], "answer": row["prediction"]}
        for row, other in zip(answers, before, strict=True)
    ]  # fmt: skip


def _inputs(given: Iterable[str]) -> list[tuple[str, str]]:
    """(path, SHA-256) of the files that people wrote and the build read, code left out."""
    paths = [path for path in map(Path, given) if path.parent.name != "fingerprints"]
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return [(file.as_posix(), sha256(file)) for file in files if file.is_file() and file.stat().st_size]
