"""A section of params.yaml for a command that people type: the same value that a stage gets by its options."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from mbegu.errors import BadInput

S = TypeVar("S")
TEXT = (str, str | None)  # the latter may be left out
EXPECTED: dict[Any, str] = {
    str: "a text",
    str | None: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Path: "a path",
}
QUOTES = " (in quotes if YAML reads it as something else, such as no)"


def parse_section(sections: dict[str, Any], name: str, kind: type[S], where: str) -> S:
    """A section as a NamedTuple, every key checked.

    Args:
        kind: a NamedTuple of texts, numbers, truth values, paths, lists of them, and NamedTuples of such.
        where: the file that they stand in, for messages.

    Raises:
        BadInput: it is missing, or a key is unknown, missing or of another type.
    """
    section, hints = sections.get(name), get_type_hints(kind)
    if not isinstance(section, dict):
        raise BadInput(f"{where}: no section {name!r}; write one with {', '.join(hints)}.")
    for key in section:
        if key not in hints:
            raise BadInput(f"{where}: unknown key {name}.{key}; expected {', '.join(hints)}.")
    given = {**getattr(kind, "_field_defaults", {}), **section}
    return kind(**{key: _value(given.get(key), hint, f"{where}: {name}.{key}") for key, hint in hints.items()})


def _value(value: Any, hint: Any, where: str) -> Any:
    if hasattr(hint, "_fields"):
        file, _, name = where.partition(": ")
        return parse_section({name: value}, name, hint, file)
    if get_origin(hint) is list:
        one = get_args(hint)[0]
        if not isinstance(value, list) or not all(_is(item, one) for item in value):
            plural = EXPECTED[one].removeprefix("a ")
            raise BadInput(f"{where} is {value!r}; expected a list of {plural}s{QUOTES if one is str else ''}.")
        return [Path(item) for item in value] if one is Path else value
    if not _is(value, hint):
        raise BadInput(f"{where} is {value!r}; expected {EXPECTED[hint]}{QUOTES if hint in TEXT else ''}.")
    return Path(value) if hint is Path else value


def _is(value: Any, kind: type) -> bool:
    if kind in (int, float):
        return isinstance(value, (int, kind)) and not isinstance(value, bool)
    return isinstance(value, str if kind is Path else kind)


def check_filled(section: Any, name: str, keys: Sequence[str], where: str) -> None:
    """Raises `BadInput` for one of `keys` that is empty."""
    for key in keys:
        if not getattr(section, key):
            raise BadInput(f"{where}: {name}.{key} is empty; write one.")
