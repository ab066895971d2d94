"""A sweep's file: the configurations of a build that are to be compared.

fixed: {load.rows: 150}            # for all of them
configurations:
  lr2e-4-r8: {train.learning_rate: 0.0002, train.lora.r: 8}
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds.declared import read_yaml
from mbegu.errors import BadInput

SWEPT, NOT_SWEPT = "train.", "train.validation"  # other keys would change the rows that validation loss is over
OTHER = "of no simple kind"
FORM = "write `configurations: {NAME: {train.learning_rate: 0.0002}}`, and `fixed: {}` beside it"
Params = dict[str, Any]  # values by dotted key


class Grid(NamedTuple):
    """What a sweep's file says."""

    fixed: Params  # for all configurations, such as a smaller number of rows
    configurations: dict[str, Params]


def read_grid(path: Path, params: Mapping[str, Any]) -> Grid:
    """The sweep's file, checked against the content of params.yaml.

    Raises:
        BadInput: no such file, no YAML, an unknown key, a value of another kind than the one in params.yaml, a key that
            a sweep can't compare, a configuration twice, or a name that git does not take.
    """
    content = read_yaml(path, "rt")  # which knows the line of each key
    for key in content:
        if key not in Grid._fields:
            raise BadInput(f"{path}:{_line(content, key)}: unknown key {key!r}; {_near(key, Grid._fields) or f'{FORM}.'}")
    names = content.get("configurations")
    if not isinstance(names, dict) or not names:
        raise BadInput(f"{path}: no configurations; {FORM}.")
    known = flat(params)
    fixed = _section(path, content, "fixed", known) if content.get("fixed") else {}
    found: dict[str, Params] = {}
    for name in names:
        where = f"{path}:{_line(names, name)}"
        _check_name(name, where)
        values = _section(path, names, name, known)
        for key in values:
            _check_swept(key, fixed, f"{where}: {name} sets {key}")
        same = [other for other, others in found.items() if others == values]
        if same:
            raise BadInput(f"{where}: {name} is the same configuration as {same[0]}; remove one of them.")
        found[name] = values
    return Grid(fixed, found)


def _line(section: Any, key: Any) -> int:
    return int(section.lc.key(key)[0]) + 1


def _near(key: Any, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(key), known, 1)
    return f"did you mean {close[0]!r}?" if close else ""


def _check_name(name: Any, where: str) -> None:
    """A configuration's name becomes that of an experiment, which is a git reference."""
    from dulwich.refs import check_ref_format

    able = isinstance(name, str) and "/" not in name and not name.startswith("-")
    if not able or not check_ref_format(f"refs/exps/{name}".encode()):  # type: ignore[arg-type]
        raise BadInput(f"{where}: {name!r} can't name an experiment; use letters, digits, '-', '_' and single dots.")


def _check_swept(key: str, fixed: Params, what: str) -> None:
    if key in fixed:
        raise BadInput(f"{what}, which is under `fixed` too; set it in one place.")
    if not key.startswith(SWEPT) or key == NOT_SWEPT:
        raise BadInput(f"{what}; validation losses would be over different rows, so put it under `fixed`, for all alike.")


def _section(path: Path, parent: Any, name: str, known: Params) -> Params:
    section = parent[name]
    if not isinstance(section, dict):
        raise BadInput(f"{path}:{_line(parent, name)}: {name} holds no keys with values; {FORM}.")
    for key, value in section.items():
        where = f"{path}:{_line(section, key)}"
        if key not in known:
            hint = _near(key, known) or "write a key of params.yaml with its section, such as train.lora.r."
            raise BadInput(f"{where}: params.yaml has no {key!r}; {hint}")
        kind, expected = _kind(value), _kind(known[key])
        if kind == OTHER or expected not in (kind, OTHER):  # which a null in params.yaml is
            raise BadInput(f"{where}: {key} is {kind} here and {expected} in params.yaml; write {expected}.")
    return {str(key): json.loads(json.dumps(value)) for key, value in section.items()}  # plain values, no YAML scalars


def _kind(value: Any) -> str:
    if isinstance(value, list) and any(_kind(item) in ("a list", OTHER) for item in value):
        return OTHER
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return next((kind for type_, kind in kinds.items() if isinstance(value, type_)), OTHER)


def flat(params: Mapping[str, Any], prefix: str = "") -> Params:
    """Values of nested sections by dotted key."""
    found: Params = {}
    for key, value in params.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def merged(params: Mapping[str, Any], values: Params) -> dict[str, Any]:
    """The nested content of params.yaml with values by dotted key put in."""
    found = dict(params)
    for key, value in values.items():
        section, _, rest = key.partition(".")
        found[section] = merged(found[section], {rest: value}) if rest else value
    return found


def swept(grid: Grid) -> list[str]:
    """The keys that any configuration sets, in the order of first appearance."""
    return list(dict.fromkeys(key for values in grid.configurations.values() for key in values))


def arguments(values: Params) -> list[str]:
    """Values as `dvc exp run` reads them: ["-S", "train.lora.r=8"]."""
    return [part for key, value in values.items() for part in ("-S", f"{key}={json.dumps(value, ensure_ascii=False)}")]
