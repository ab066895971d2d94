"""Whether a folder holds a whole model: every file itself, every shard, every tensor to its last byte. Reads headers only."""

import json
from pathlib import Path
from typing import Any

import regex

from mbegu.errors import BadInput
from mbegu.text.pointers import LONGEST, stand_in

WEIGHTS, INDEX = "*.safetensors", "*.safetensors.index.json"
SHARD = regex.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.safetensors")
MOST_HEADER = 100_000_000  # bytes, as the format's own readers
FETCH = "fetch the model again"


def check_model(folder: Path) -> None:
    """Checks a base model's folder, or an adapter's.

    Raises:
        BadInput: a pointer in a file's place, a file of weights that is cut off or no safetensors, a shard that is missing, or an
            index that names a file or a tensor that is not there; or no weights at all.
    """
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file() and (why := stand_in(_head(path))):
            raise BadInput(f"{path}: is {why}.")
    names = {path.name: _tensors(path) for path in sorted(folder.glob(WEIGHTS))}
    indices = sorted(folder.glob(INDEX))
    for path in indices:
        _check_index(path, names)
    if not names:
        raise BadInput(f"{folder}: holds no {WEIGHTS}; {FETCH}, or name a checkpoint that was saved as safetensors.")
    for name in names:
        _check_shards(name, folder, bool(indices))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST)


def _tensors(path: Path) -> set[str]:
    """The names of the tensors in a file whose data is all there."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(MOST_HEADER, size - 8):
            raise BadInput(f"{path}: is no safetensors file, or is cut off in its header ({size:,} bytes); {FETCH}.")
        header = _parsed(file.read(length), path)
    tensors = {name: value for name, value in header.items() if name != "__metadata__"}
    try:
        end = max((value["data_offsets"][1] for value in tensors.values()), default=0)
    except (TypeError, KeyError, IndexError):
        raise BadInput(f"{path}: its header is not that of a safetensors file; {FETCH}.") from None
    if size != 8 + length + end:
        raise BadInput(f"{path}: has {size:,} bytes and its header tells of {8 + length + end:,}, so it is cut off; {FETCH}.")
    return set(tensors)


def _parsed(content: bytes, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadInput(f"{path}: its header is not that of a safetensors file; {FETCH}.")
    return found


def _check_index(path: Path, names: dict[str, set[str]]) -> None:
    places = _parsed(path.read_bytes(), path).get("weight_map")
    if not isinstance(places, dict):
        raise BadInput(f"{path}: has no weight_map; {FETCH}.")
    for tensor, name in places.items():
        if name not in names:
            raise BadInput(f"{path}: names {name}, which is not there; {FETCH}.")
        if tensor not in names[name]:
            raise BadInput(f"{path}: says that {tensor} is in {name}, which does not hold it; {FETCH}.")


def _check_shards(name: str, folder: Path, indexed: bool) -> None:
    found = SHARD.fullmatch(name)
    if found is None:
        return
    for number in range(1, int(found["count"]) + 1):
        other = f"{found['stem']}-{number:05}-of-{found['count']}.safetensors"
        if not (folder / other).is_file():
            raise BadInput(f"{folder / other}: is missing, though {name} is there; {FETCH}.")
    if not indexed:
        raise BadInput(f"{folder}: has {name} and no {INDEX.replace('*', found['stem'])}, which says what is where; {FETCH}.")
