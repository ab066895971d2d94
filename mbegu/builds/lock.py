"""What `dvc.lock` says that an output was made of: the settings that it was really built with, not those of today."""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from mbegu.errors import BadInput


class Built(NamedTuple):
    """A file or folder that a stage wrote."""

    md5: str
    stage: dict[str, Any]  # the stage's entry in dvc.lock


Lock = dict[str, Built]  # by path


def read_lock(path: Path) -> Lock:
    """Every output that a `dvc.lock` knows.

    Raises:
        BadInput: no such file, or not one that DVC wrote.
    """
    if not path.is_file():
        raise BadInput(f"{path}: does not exist; run this in a pipeline's folder, after `dvc repro`.")
    lock = read_yaml(path)
    if not isinstance(lock.get("stages"), dict):
        raise BadInput(f"{path}: has no stages; expected what `dvc repro` writes.")
    return {out["path"]: Built(out["md5"], stage) for stage in lock["stages"].values() for out in stage.get("outs", [])}


def read_yaml(path: Path) -> dict[str, Any]:
    """The content of a `dvc.lock` or `dvc.yaml`, with libyaml if it is there; nothing, of a file that is not there.

    Raises:
        BadInput: it is no YAML.
    """
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not YAML ({str(error).splitlines()[0]}); fetch it again with git.") from None
    return found if isinstance(found, dict) else {}


def ancestry(path: str, lock: Lock) -> dict[str, str]:
    """Hash of everything that `path` was made of, itself included, by path, sorted; `path` itself is as it was built.

    Raises:
        BadInput: no stage wrote it, it has changed since, or a stage has since written another version of something that it
            was made of.
    """
    if path not in lock:
        raise BadInput(f"{path}: dvc.lock has no stage that wrote it; build it with `dvc repro`.")
    seen, waiting = {}, [(path, lock[path].md5)]
    while waiting:
        current, digest = waiting.pop()
        if current in seen:
            continue
        seen[current] = digest
        for dep in lock[current].stage.get("deps", []) if current in lock else []:
            if dep["path"] in lock and lock[dep["path"]].md5 != dep["md5"]:
                raise BadInput(f"{current}: built from an earlier {dep['path']}; run `dvc repro`.")
            waiting.append((dep["path"], dep["md5"]))
    check_unchanged(path, lock[path].md5)
    return dict(sorted(seen.items()))


def settings(built: Built) -> dict[str, Any]:
    """Values of all params that its stage ran with, nested keys joined by dots, without the file's and the sections' names."""
    sections = [section for file in built.stage.get("params", {}).values() for section in file.values()]
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
