"""What one section of params.yaml names of another: each name must be declared there."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from mbegu.builds.declared import names
from mbegu.builds.project import Project
from mbegu.errors import BadInput

TEACHING = ("seeds", "questioned")  # sections whose items name a teacher


def check_references(params: Mapping[str, Any], place: object) -> None:
    """Raises BadInput at the first key that names what its section does not declare; `place` says whose params they are."""
    for key, wanted, section in _references(params):
        known = names(params, section)
        if wanted not in known:
            raise BadInput(f"{place}: {key} names {wanted!r}, which {section} does not; there {_are(known)}.")


def _are(known: list[str]) -> str:
    return f"{'is' if len(known) == 1 else 'are'} {', '.join(known) or 'none'}"


def _references(params: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, the name that stands there, and the section that must declare it."""
    yield "release", params.get("release", ""), "versions"
    for name, model in _items(params, "models"):
        yield from _adapter(f"models.{name}", model)
    for section in TEACHING:
        for name, item in _items(params, section):
            yield from _adapter(f"{section}.{name}.teacher", _key(item, "teacher"))
    for name, item in _items(params, "questioned"):
        yield f"questioned.{name}.documents", _key(item, "documents"), "documents"
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


def _adapter(key: str, path: Any) -> Iterator[tuple[str, str, str]]:
    """The version whose adapter a path is, if it is one of this project's."""
    place = PurePosixPath(str(path))
    if place.parent == PurePosixPath(Project().adapters):
        yield key, place.name, "versions"
