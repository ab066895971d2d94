"""What `dvc.lock` says that an output was made of: the settings that it was really built with, not those of today."""

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from mbegu.errors import BadInput

Stages = dict[str, dict[str, Any]]  # by stage name, as dvc.lock has them


def read_lock(path: Path) -> Stages:
    """The stages of a `dvc.lock`.

    Raises:
        BadInput: no such file, or not one that DVC wrote.
    """
    try:
        lock = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except FileNotFoundError:
        raise BadInput(f"{path}: does not exist; run this in a pipeline's folder, after `dvc repro`.") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path}: not YAML ({str(error).splitlines()[0]}); fetch it again with git.") from None
    if not isinstance(lock, dict) or not isinstance(lock.get("stages"), dict):
        raise BadInput(f"{path}: has no stages; expected what `dvc repro` writes.")
    return dict(lock["stages"])


def outputs(stages: Stages) -> dict[str, tuple[str, str]]:
    """(stage, hash) of every output, by path."""
    return {out["path"]: (name, out["md5"]) for name, stage in stages.items() for out in stage.get("outs", [])}


def made_by(path: str, stages: Stages) -> dict[str, Any]:
    """The stage that wrote `path`.

    Raises:
        BadInput: none did.
    """
    found = outputs(stages).get(path)
    if found is None:
        raise BadInput(f"{path}: dvc.lock has no stage that wrote it; build it with `dvc repro`.")
    return stages[found[0]]


def ancestry(path: str, stages: Stages) -> dict[str, str]:
    """Hash of everything that `path` was made of, itself included, by path, sorted.

    Raises:
        BadInput: no stage wrote it, or a stage has since written another version of something that it was made of.
    """
    made_by(path, stages)
    written = outputs(stages)
    seen, waiting = {}, [(path, written[path][1])]
    while waiting:
        current, digest = waiting.pop()
        if current in seen:
            continue
        seen[current] = digest
        for dep in stages[written[current][0]].get("deps", []) if current in written else []:
            if dep["path"] in written and written[dep["path"]][1] != dep["md5"]:
                raise BadInput(f"{current}: built from an earlier {dep['path']}; run `dvc repro`.")
            waiting.append((dep["path"], dep["md5"]))
    return dict(sorted(seen.items()))


def settings(stage: dict[str, Any]) -> dict[str, Any]:
    """Values of all params of a stage, nested keys joined by dots, without the file's and the sections' names."""
    sections = [section for file in stage.get("params", {}).values() for section in file.values()]
    return {key: value for section in sections if isinstance(section, dict) for key, value in _flat(section, "").items()}


def _flat(values: dict[str, Any], prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def check_unchanged(path: str, expected: str) -> None:
    """Raises `BadInput` unless a file or folder has the hash that dvc.lock gives it."""
    if not Path(path).exists():
        raise BadInput(f"{path}: does not exist; fetch it with `dvc pull {path}`, or build it with `dvc repro`.")
    if content_hash(Path(path)) != expected:
        raise BadInput(f"{path}: is not what dvc.lock says it was in the build; run `dvc repro`, or `dvc checkout {path}`.")


def content_hash(path: Path) -> str:
    """DVC's hash of a file (MD5) or of a folder (MD5 of its sorted listing, then ".dir")."""
    if path.is_file():
        return _md5(path)
    listing = [{"md5": _md5(file), "relpath": file.relative_to(path).as_posix()} for file in path.rglob("*") if file.is_file()]
    content = json.dumps(sorted(listing, key=lambda entry: entry["relpath"]), sort_keys=True)
    return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest() + ".dir"


def _md5(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
