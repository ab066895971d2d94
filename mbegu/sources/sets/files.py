"""Which files of a folder are a set."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from mbegu.errors import BadInput
from mbegu.sources.sets.lines import suffix
from mbegu.sources.sets.record import Record
from mbegu.text import reasons


def files(folder: Path, split: str, suffixes: Sequence[str]) -> tuple[list[Path], list[Record]]:
    """The files of a split, which the names of files and folders tell by the rules of the hub; and those that are not read.

    Args:
        suffixes: endings of the formats that are read.

    Raises:
        BadInput: no such split, or no file of it with such an ending.
    """
    found = _of_split(folder, split)
    paths = sorted(path for path in found if suffix(path) in suffixes)
    if not paths:
        raise BadInput(f"{folder}: no file of the split {split!r} ends in {', '.join(suffixes)}; put the set there.")
    read = set(paths)
    return paths, [_left_out(path, split, suffixes) for path in _all(folder) if path not in read]


def _of_split(folder: Path, split: str) -> set[Path]:
    from datasets.data_files import EmptyDatasetError, get_data_patterns, resolve_pattern

    base = glob.escape(str(folder.absolute()))
    try:
        splits = get_data_patterns(base)
    except EmptyDatasetError:
        splits = {split: []}
    if split not in splits:
        raise BadInput(f"{folder}: no split {split!r}; there are {', '.join(map(str, splits))}.")
    found = set()
    for pattern in splits[split]:
        try:
            found.update(resolve_pattern(pattern, base))
        except FileNotFoundError:  # other patterns of the split have its files
            continue
    return {folder / os.path.relpath(path, folder) for path in found}


def _all(folder: Path) -> Iterator[Path]:
    """Every file, in order; a hidden folder stands for what it holds, which is another tool's."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield from _all(path)
        else:
            yield path


def _left_out(path: Path, split: str, suffixes: Sequence[str]) -> Record:
    if suffix(path) not in suffixes or path.name.startswith("."):
        reason = f"it ends in none of {', '.join(suffixes)}" if not path.name.startswith(".") else "it is hidden"
    else:
        reason = f"it is not of the split {split!r}"
    return Record(str(path), {}, f"{reasons.NOT_READ}: {reason}", path.name, is_file=True)
