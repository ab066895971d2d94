"""Records of parquet files and of folders that `datasets` saved."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.sources.sets.record import Record
from mbegu.text.pointers import stand_in

BATCH = 100  # records in memory at once


def read_parquet(path: Path) -> Iterator[Record]:
    """The records of a parquet file.

    Raises:
        BadInput: it is none; from the iterator.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        yield from numbered(str(path), pyarrow.parquet.ParquetFile(path).iter_batches(BATCH))
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        why = stand_in(path.read_bytes()) if path.is_file() else ""
        raise BadInput(
            f"{path}: {f'is {why}.' if why else f'not readable as parquet ({first_line(error)}); write it again.'}"
        ) from None


def is_saved(folder: Path) -> bool:
    """Whether `save_to_disk` wrote a folder."""
    return any((folder / name).is_file() for name in ("state.json", "dataset_dict.json"))


def read_saved(folder: Path, split: str) -> Iterator[Record]:
    """The records of a split that `save_to_disk` wrote; a set without splits is "train".

    Raises:
        BadInput: no such split, or files that can't be read; from the iterator.
    """
    from datasets import load_from_disk

    try:
        found: Any = load_from_disk(str(folder))
    except Exception as error:  # the library raises what it likes
        raise BadInput(f"{folder}: not readable as a saved set ({first_line(error)}); save it again.") from None
    splits = found if isinstance(found, dict) else {"train": found}
    if split not in splits:
        raise BadInput(f"{folder}: no split {split!r}; there are {', '.join(splits)}.")
    yield from numbered(str(folder), splits[split].with_format("arrow").iter(BATCH))


def numbered(name: str, batches: Any) -> Iterator[Record]:
    """Batches or tables of Arrow as records, called by their number."""
    number = 0
    for batch in batches:
        for record in to_records(batch):
            number += 1
            yield Record(f"{name}:{number}", record)


def to_records(batch: Any) -> list[dict[str, Any]]:
    """The records of a batch; a number of less than double precision is the double of its shortest decimal."""
    import pyarrow

    records: list[dict[str, Any]] = batch.to_pylist()
    for field in batch.schema:
        if pyarrow.types.is_float32(field.type) or pyarrow.types.is_float16(field.type):
            kind = field.type.to_pandas_dtype()
            for record in records:
                value = record[field.name]
                record[field.name] = None if value is None else float(str(kind(value)))
    return records


def first_line(error: Exception) -> str:
    """What an error of a library says, for a sentence of ours."""
    return (str(error).strip() or type(error).__name__).split("\n")[0].rstrip(".")
