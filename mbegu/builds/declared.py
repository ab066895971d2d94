"""What a project's params.yaml declares: its content as DVC reads it, and the names of its versions, models and sources."""

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput

KINDS = {
    "versions": "version",
    "models": "model",
    "telegram": "corpus",
    "judged": "judged pair",
}  # sections that people name one of, and what they call it
# sections for each name of which there are stages, files and folders
NAMED = (
    "versions", "models", "seeds", "documents", "questioned", "sets", "telegram", "extended", "pretrained", "studied",
    "learned", "indexed", "campaigns", "retrieved", "raft", "quizzed", "exams", "examined", "noise", "continued", "exported",
    "judged", "conversations",
)  # fmt: skip
RULE = "begin with a letter or digit, go on with those and - _ . only, and put a number in quotes"
RESERVED = "none"  # the version without rows
LONGEST = 150  # bytes: a file's name may have 255, and ours add endings


def read_params(path: Path) -> dict[str, Any]:
    """The content of a params.yaml, read as DVC does.

    Raises:
        BadInput: no such file, no YAML, or a name that can't be built.
    """
    params = dict(read_yaml(path, "safe"))
    check_buildable(params, path)
    return params


def check_buildable(params: Mapping[str, Any], place: object) -> None:
    """Raises BadInput at the first name of which no stage could be made: DVC passes over a number without a word, and a name is
    part of paths and commands. `place` says whose params they are."""
    for section in NAMED:
        found = params.get(section)
        for name in found if isinstance(found, dict) else ():
            if wrong := _unbuildable(name, section):
                raise BadInput(f"{place}: {section} declares {name!r}, {wrong}; {RULE}, such as v1.")


def _unbuildable(name: Any, section: str) -> str:
    """Why no stage can be made for a name, or nothing."""
    if not isinstance(name, str):
        kind = "nothing" if name is None else type(name).__name__
        return f"which YAML reads as {kind} and not as a text, so that DVC makes no stage for it"
    if section == "versions" and name == RESERVED:
        return "which stands for the version without rows"
    if not name or unicodedata.category(name[0])[0] not in "LN" or len(name.encode(errors="replace")) > LONGEST:
        return f"which begins with neither a letter nor a digit, or has more than {LONGEST} bytes"
    wrong = [char for char in name if char not in "-_." and unicodedata.category(char)[0] not in "LMN"]
    return f"in which {wrong[0]!r} can't be part of a stage, a path and a command" if wrong else ""


def read_yaml(path: Path, kind: str) -> Any:
    """The content of a YAML file of sections; `kind` is "safe", or "rt" for values that know their line.

    Raises:
        BadInput: no such file, no YAML, or no sections.
    """
    if not path.is_file():
        raise BadInput(f"{path}: no such file; run this in the folder of a pipeline, and name its files.")
    return parse(path.read_bytes(), str(path), kind)


def parse(content: bytes, place: str, kind: str = "safe") -> Any:
    """The sections that a YAML file holds, of which messages speak as `place`.

    Raises:
        BadInput: no UTF-8, no YAML, or no sections.
    """
    from dvc.utils.serialize import YAMLFileCorruptedError, parse_yaml

    try:
        found = parse_yaml(content.decode(), place, typ=kind)
    except UnicodeDecodeError:
        raise BadInput(f"{place}: is not UTF-8; save it as UTF-8.") from None
    except YAMLFileCorruptedError as error:
        mark = getattr(error.__cause__, "problem_mark", None)
        problem = " ".join(str(getattr(error.__cause__, "problem", "no YAML")).split())
        raise BadInput(f"{place}{f':{mark.line + 1}' if mark else ''}: {problem}; mend the YAML.") from None
    if not isinstance(found, dict):
        raise BadInput(f"{place}: expected keys with values below them, as in params.yaml; mend the YAML.")
    return found


def names(params: Mapping[str, Any], section: str) -> list[str]:
    """The names that a section declares, in its order; none if there is no such section.

    Args:
        section: "versions", "models", "seeds" or another one whose names stages are made for.
    """
    found = params.get(section)
    return [name for name in found if isinstance(name, str)] if isinstance(found, dict) else []


def check_names(wanted: Iterable[str], section: str, params: Mapping[str, Any], place: object) -> None:
    """Raises BadInput unless a section declares every name that is wanted; `place` says whose params they are."""
    known = names(params, section)
    for name in wanted:
        if name not in known:
            raise BadInput(f"{place}: declares no {KINDS[section]} {name!r}; it declares {', '.join(known) or 'none'}.")


def check_declared(key: str, name: str, section: str, params: Mapping[str, Any], place: object) -> None:
    """Raises BadInput unless a section declares the name that stands at a key; `place` says whose params they are."""
    known = names(params, section)
    if name not in known:
        there = f"{'is' if len(known) == 1 else 'are'} {', '.join(known) or 'none'}"
        raise BadInput(f"{place}: {key} names {name!r}, which {section} does not; there {there}.")
