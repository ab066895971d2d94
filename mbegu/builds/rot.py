"""Bytes that have changed on the disk since a build.

`dvc repro` can't tell: DVC reads a file again only if its time, size or inode changed, and a read-only file in its cache never.
So a turned byte there comes back with `dvc checkout`, and even with a new run of the stage, whose output DVC replaces by the copy
that it holds for the same.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mbegu.builds.lock import content_hash, read_lock
from mbegu.errors import BadInput


class Read(NamedTuple):
    """How many outs and how many copies were read, and those that are not what dvc.lock or their names say."""

    outs: int
    copies: int
    rotten: list[Path]


def read_again(folder: Path) -> Read:
    """Reads all that dvc.lock names, in the project and in DVC's cache; what is not there is left out.

    Raises:
        BadInput: no dvc.lock, or DVC can't read the project.
    """
    hashes = {path: built.md5 for path, built in read_lock(folder / "dvc.lock").items()}
    outs = {folder / path: md5 for path, md5 in hashes.items() if (folder / path).exists()}
    copies = dict(_copies(cache(folder), hashes.values()))
    rotten = [path for path, md5 in (outs | copies).items() if not _holds(path, md5)]
    return Read(len(outs), len(copies), rotten)


def sentence(found: Read) -> str:
    """What to do about rotten files."""
    names = ", ".join(os.path.relpath(path) for path in found.rotten)
    return f"not the bytes that were built: {names}; delete them, and `dvc repro` builds them again, or `dvc pull` fetches them."


def cache(folder: Path) -> Path:
    """The folder of DVC's copies, which may be shared with other projects."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(folder)) as repo:
            return Path(repo.cache.local.path)
    except DvcException as error:
        raise BadInput(f"{folder}: {' '.join(str(error).split())}; run this in the folder of a dvc.yaml.") from None


def _copies(place: Path, hashes: Iterable[str]) -> Iterator[tuple[Path, str]]:
    for md5 in hashes:
        path = place / md5[:2] / md5[2:]
        if path.is_file():
            yield path, md5
            yield from _copies(place, _listed(path) if path.suffix == ".dir" else [])


def _listed(path: Path) -> list[str]:
    """The hashes of a folder's files, by DVC's listing of it; none of one that is broken itself."""
    try:
        return [entry["md5"] for entry in json.loads(path.read_bytes())]
    except (ValueError, TypeError, KeyError):
        return []


def _holds(path: Path, md5: str) -> bool:
    found = content_hash(path)
    return found == md5 or f"{found}.dir" == md5  # a listing's name says of what it is
