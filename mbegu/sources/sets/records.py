"""Reads instruction sets that others made: JSON, JSON Lines, CSV, parquet, a folder of such files, or a set on a hub.

Everything but a JSON file is read as a stream, so the first rows of a large set cost no more than those of a small one.
A record that can't be a row (a ragged line, a list where objects are) costs itself, a file that can't be read the build.
"""

import csv
import glob
import itertools
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.text import reasons
from mbegu.text.pointers import stand_in

LONGEST = 100_000_000  # characters of a CSV cell; the csv module's own limit, 131,072, is less than a long document
BATCH = 100  # parquet records in memory at once
HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(?:@[\w.-]+)?")  # owner/name or owner/name@revision


class Record(NamedTuple):
    """One record of a set."""

    where: str  # file and line, or file and number of the record
    values: dict[str, Any]
    fault: str = ""  # why it can't be a row at all; `text` is what stands there then
    text: str = ""


def read(source: str, kind: str, split: str) -> Iterator[Record]:
    """The records of a set, in their order.

    Args:
        source: a file, a folder, or `owner/name` or `owner/name@revision` on a hub.
        kind: "json", "jsonl", "csv", "parquet", "hub", or "auto" to tell it by the name.
        split: of a folder or a set on a hub; a single file is the split "train".

    Raises:
        BadInput: the set can't be read; from the iterator too.
    """
    path = Path(source)
    # a missing file in a folder that is there is a slip of the pen, not a set on a hub
    named = HUB_NAME.fullmatch(source) and path.suffix.lower() not in READERS and not path.parent.exists()
    if kind == "hub" or (kind == "auto" and named):
        return _hub(source, split)
    if not source or not path.exists():
        raise BadInput(f"{source!r}: no such file or folder; name one, or a set on a hub as owner/name.")
    if path.is_dir():
        return itertools.chain.from_iterable(READERS[file.suffix.lower()](file) for file in _files(path, kind, split))
    if split != "train":
        raise BadInput(f"{source}: no split {split!r}; a single file is the split 'train'.")
    suffix = path.suffix.lower() if kind == "auto" else f".{kind}"
    if suffix not in READERS:
        raise BadInput(f"{source}: no format has the ending {suffix!r}; there are {', '.join(READERS)}; or set load.format.")
    return READERS[suffix](path)


def _files(folder: Path, kind: str, split: str) -> list[Path]:
    """The files of a split, which the names of files and folders tell by the rules of the hub."""
    from datasets.data_files import EmptyDatasetError, get_data_patterns, resolve_pattern

    base = glob.escape(str(folder.absolute()))
    suffixes = list(READERS) if kind == "auto" else [f".{kind}"]
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
    paths = sorted(folder / os.path.relpath(path, folder) for path in found if Path(path).suffix.lower() in suffixes)
    if not paths:
        raise BadInput(f"{folder}: no file of the split {split!r} ends in {', '.join(suffixes)}; put the set there.")
    return paths


def _lines(path: Path) -> Iterator[str]:
    """Lines of a text file with their ends, without a BOM."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if number == 1 and (why := stand_in(line)):
                    raise BadInput(f"{path}: is {why}.")
                if b"\0" in line:
                    raise BadInput(f"{path}:{number}: holds a NUL byte, so it is binary or UTF-16; save the file as UTF-8.")
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    place = f"byte {line[error.start]:#04x} at column {error.start + 1}"
                    raise BadInput(f"{path}:{number}: not valid UTF-8 ({place}); save the file as UTF-8.") from None
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; expected a file that can be read.") from None


def _parse(text: str, path: Path, line: int) -> Any:
    """JSON text that begins on a line of a file; 15.50 stays 15.50."""
    try:
        return json.loads(text, parse_float=Decimal, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        place = f"{path}:{line + error.lineno - 1}"
        raise BadInput(f"{place}: not valid JSON ({error.msg} at column {error.colno}); mend it or cut it off.") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}:{line}: not readable as JSON ({error}).") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in an object")
    return values


def _jsonl(path: Path) -> Iterator[Record]:
    for number, line in enumerate(_lines(path), 1):
        if line.strip():
            yield _record(f"{path}:{number}", _parse(line, path, number))


def _json(path: Path) -> Iterator[Record]:
    """A list of objects; an object that holds one; objects by number, with gaps; or columns of values by number."""
    head = [line.strip() for line in itertools.islice(_lines(path), 2)]
    if len(head) == 2 and all(line.startswith("{") and line.endswith("}") for line in head):  # often so on the hub
        yield from _jsonl(path)
        return
    value = _parse("".join(_lines(path)), path, 1)
    if isinstance(value, dict) and not _numbered(value):
        lists = [held for held in value.values() if isinstance(held, list) or len(value) == 1]
        value = lists[0] if len(lists) == 1 else value
    if isinstance(value, list):
        value = dict(enumerate(value, 1))
    elif isinstance(value, dict) and value and all(isinstance(column, dict) and _numbered(column) for column in value.values()):
        numbers = dict.fromkeys(number for column in value.values() for number in column)
        value = {number: {key: column.get(number) for key, column in value.items()} for number in numbers}
    if not isinstance(value, dict) or (value and not _numbered(value)):
        raise BadInput(f"{path}: holds {type(value).__name__}, expected a list of objects; make it one.")
    for number in sorted(value, key=int):
        yield _record(f"{path}:{number}", value[number])


def _numbered(value: dict[Any, Any]) -> bool:
    return bool(value) and all(re.fullmatch("[0-9]{1,9}", str(key)) for key in value)


def _record(where: str, value: Any) -> Record:
    if isinstance(value, dict):
        return Record(where, value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return Record(where, {}, f"{reasons.WRONG_TYPE}: the record is {type(value).__name__}, no object", text)


def _csv(path: Path) -> Iterator[Record]:
    return table(path, _lines(path), ",")


def table(path: Path, lines: Iterable[str], separator: str) -> Iterator[Record]:
    """The records of a table below its header; of several columns without a name, each is called by its number.

    Args:
        path: for messages.
        lines: with their ends.

    Raises:
        BadInput: no CSV, or two columns of one name; from the iterator.
    """
    csv.field_size_limit(LONGEST)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    header: list[str] = []
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise BadInput(f"{path}:{start}: not valid CSV ({error}); look for a quote that is not closed or doubled.") from None
        if cells is None:
            return
        if not "".join(cells).strip():
            continue
        if not header:
            header = [cell.strip() for cell in cells]
            if header.count("") > 1:  # a spreadsheet saves its empty columns too
                header = [name or f"column {number}" for number, name in enumerate(header, 1)]
            if len(set(header)) < len(header):
                raise BadInput(f"{path}:{start}: two columns have one name in {', '.join(header)}; rename one.")
        elif len(cells) != len(header):
            yield Record(
                f"{path}:{start}", {}, f"{reasons.RAGGED}: {len(cells)} cells, the header has {len(header)}", ",".join(cells)
            )
        else:
            yield Record(f"{path}:{start}", dict(zip(header, cells, strict=True)))


def _parquet(path: Path) -> Iterator[Record]:
    import pyarrow
    import pyarrow.parquet

    try:
        batches = pyarrow.parquet.ParquetFile(path).iter_batches(BATCH)
        for number, record in enumerate((record for batch in batches for record in batch.to_pylist()), 1):
            yield Record(f"{path}:{number}", record)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        why = stand_in(path.read_bytes()) if path.is_file() else ""
        raise BadInput(
            f"{path}: {f'is {why}.' if why else f'not readable as parquet ({_first_line(error)}); write it again.'}"
        ) from None


def _hub(name: str, split: str) -> Iterator[Record]:
    repository, _, revision = name.partition("@")
    try:
        from datasets import load_dataset

        # the prefix keeps a folder of that name, or a format of it, from being taken instead
        records = load_dataset(f"hf://datasets/{repository}", split=split, revision=revision or None, streaming=True)
        for number, record in enumerate(records, 1):
            yield Record(f"{name}:{number}", record)
    except Exception as error:  # the hub, the network and a dozen readers raise what they like
        todo = "check name, split and network, or download its files and name their folder"
        raise BadInput(f"{name}: can't be read from the hub ({_first_line(error)}); {todo}.") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).split("\n")[0].rstrip(".")


READERS: dict[str, Callable[[Path], Iterator[Record]]] = {".json": _json, ".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
