"""What one section of params.yaml names of another: each name must be declared there."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from mbegu.builds.declared import check_declared, names
from mbegu.builds.project import Project
from mbegu.errors import BadInput

TEACHING = ("seeds", "questioned", "studied")  # sections whose items name a teacher
ASKING = ("questioned", "studied")  # sections whose items name documents
READING = ("extended", "pretrained", "indexed", "campaigns")  # sections whose items name messages


def check_references(params: Mapping[str, Any], place: object) -> None:
    """Raises BadInput at the first key that names what its section does not declare, or at a training that there is already;
    `place` says whose params they are."""
    for key, wanted, section in _references(params):
        check_declared(key, wanted, section, params, place)
    _check_trainings(params, place)


def _check_trainings(params: Mapping[str, Any], place: object) -> None:
    seen: dict[Any, str] = {}
    for section, keys in (("noise", ("version", "seed")), ("continued", ("version", "start", "epochs", "seed"))):
        for name, item in _items(params, section):
            training = section, *(str(_key(item, key)) for key in keys)
            if training in seen:
                first = f"{section}.{seen[training]}"
                raise BadInput(f"{place}: {section}.{name} trains {training[1]} with the seed of {first}; choose another.")
            seen[training] = name
    trained = [name for section in ("versions", "noise", "continued") for name in names(params, section)]
    for name in trained:
        if trained.count(name) > 1:
            raise BadInput(f"{place}: {name} names two trainings, under versions, noise or continued; rename one of them.")


def _references(params: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, the name that stands there, and the section that must declare it."""
    yield "release", params.get("release", ""), "versions"
    yield from _folder("base_model", params.get("base_model", ""))
    yield from _folder("train.start", _key(params.get("train"), "start") or "")
    for name, model in _items(params, "models"):
        yield from _folder(f"models.{name}", model)
    for model in _key(params.get("predict"), "without_context") or []:
        yield "predict.without_context", model, "models"
    for section in READING:
        for name, item in _items(params, section):
            yield f"{section}.{name}.messages", _key(item, "messages"), "telegram"
    for name, item in _items(params, "extended"):
        yield from _folder(f"extended.{name}.base", _key(item, "base"))
    for name, item in _items(params, "noise"):
        yield f"noise.{name}.version", _key(item, "version"), "versions"
    for name, item in _items(params, "campaigns"):
        yield f"campaigns.{name}.index", _key(item, "index"), "indexed"
    for section in TEACHING:
        for name, item in _items(params, section):
            yield from _folder(f"{section}.{name}.teacher", _key(item, "teacher"))
    for section in ASKING:
        for name, item in _items(params, section):
            yield f"{section}.{name}.documents", _key(item, "documents"), "documents"
    for name, item in _items(params, "learned"):
        yield f"learned.{name}.study", _key(item, "study"), "studied"
    for name, item in _items(params, "continued"):
        yield f"continued.{name}.version", _key(item, "version"), "versions"
        yield from _folder(f"continued.{name}.start", _key(item, "start"))
    for section in ("retrieved", "exams"):
        for name in names(params, section):
            yield f"{section}.{name}", name, "documents" if section == "retrieved" else "retrieved"
    for name, item in _items(params, "raft"):
        yield f"raft.{name}.documents", _key(item, "documents"), "retrieved"
        yield f"raft.{name}.rows", _key(item, "rows"), "versions"
    for name, item in _items(params, "quizzed"):
        yield f"quizzed.{name}.study", _key(item, "study"), "studied"
        yield f"quizzed.{name}.documents", _key(item, "documents"), "documents"
    for name, item in _items(params, "examined"):
        yield f"examined.{name}.documents", _key(item, "documents"), "retrieved"
        yield from _folder(f"examined.{name}.model", _key(item, "model"))
    for name, item in _items(params, "judged"):
        for side in ("new", "old"):
            yield f"judged.{name}.{side}", _key(item, side), "models"
    for name, item in _items(params, "conversations"):
        for model in _key(item, "models") or []:
            yield f"conversations.{name}.models", model, "models"
    for name in names(params, "exported"):
        yield f"exported.{name}", name, "versions"


def _items(params: Mapping[str, Any], section: str) -> list[tuple[str, Any]]:
    return [(name, params[section][name]) for name in names(params, section)]


def _key(item: Any, key: str) -> Any:
    return item.get(key) if isinstance(item, dict) else None


def _folder(key: str, path: Any) -> Iterator[tuple[str, str, str]]:
    """The name whose model a path is, if it is one of those that stages of this project write."""
    place = PurePosixPath(str(path))
    for folder, section in Project().made().items():
        if place.parent == PurePosixPath(folder):
            yield key, place.name, section
