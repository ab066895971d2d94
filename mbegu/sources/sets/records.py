"""Reads instruction sets that others made: JSON, JSON Lines, tables, parquet, a folder of such files, or a set on a hub.

Everything but a JSON file is read as a stream, so the first rows of a large set cost no more than those of a small one.
A record that can't be a row (a broken line, a list where objects are) costs itself, a file that can't be read the build.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from mbegu.errors import BadInput
from mbegu.sources.sets.arrow import first_line, is_saved, numbered, read_parquet, read_saved
from mbegu.sources.sets.cells import read_cells
from mbegu.sources.sets.files import files
from mbegu.sources.sets.lines import suffix
from mbegu.sources.sets.objects import read_json, read_jsonl
from mbegu.sources.sets.record import Record as Record

HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(?:@[\w.-]+)?")  # owner/name or owner/name@revision


def read(source: str, kind: str, split: str) -> Iterator[Record]:
    """The records of a set, in their order; before them the files of a folder that are not read.

    Args:
        source: a file, a folder, or `owner/name` or `owner/name@revision` on a hub.
        kind: "json", "jsonl", "csv", "tsv", "parquet", "hub", or "auto" to tell it by the name.
        split: of a folder or a set on a hub; a single file is the split "train".

    Raises:
        BadInput: the set can't be read; from the iterator too.
    """
    path = Path(source)
    # a missing file in a folder that is there is a slip of the pen, not a set on a hub
    named = HUB_NAME.fullmatch(source) and suffix(path) not in READERS and not path.parent.exists()
    if kind == "hub" or (kind == "auto" and named):
        return _hub(source, split)
    if not source or not path.exists():
        raise BadInput(f"{source!r}: no such file or folder; name one, or a set on a hub as owner/name.")
    if path.is_dir():
        return read_saved(path, split) if kind == "auto" and is_saved(path) else _folder(path, kind, split)
    if split != "train":
        raise BadInput(f"{source}: no split {split!r}; a single file is the split 'train'.")
    ending = suffix(path) if kind == "auto" else f".{kind}"
    if ending not in READERS:
        raise BadInput(f"{source}: no format has the ending {ending!r}; there are {', '.join(READERS)}; or set load.format.")
    return READERS[ending](path)


def _folder(path: Path, kind: str, split: str) -> Iterator[Record]:
    paths, left_out = files(path, split, list(READERS) if kind == "auto" else [f".{kind}"])
    return itertools.chain(left_out, itertools.chain.from_iterable(READERS[suffix(file)](file) for file in paths))


def _hub(name: str, split: str) -> Iterator[Record]:
    repository, _, revision = name.partition("@")
    try:
        from datasets import load_dataset

        # the prefix keeps a folder of that name, or a format of it, from being taken instead
        records = load_dataset(f"hf://datasets/{repository}", split=split, revision=revision or None, streaming=True)
        yield from numbered(name, records.with_format("arrow").iter(1))
    except Exception as error:  # the hub, the network and a dozen readers raise what they like
        todo = "check name, split and network, or download its files and name their folder"
        raise BadInput(f"{name}: can't be read from the hub ({first_line(error)}); {todo}.") from None


READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".json": read_json, ".jsonl": read_jsonl, ".csv": read_cells, ".parquet": read_parquet, ".tsv": read_cells,
    ".ndjson": read_jsonl,
}  # fmt: skip
