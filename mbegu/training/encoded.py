"""A version's token ids as an Arrow file, with the prompt and the base model that they belong to."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from mbegu.asking.prompts import Prompt, saved_prompt
from mbegu.errors import BadInput
from mbegu.outputs import whole

BATCH = 2000  # rows that are Python objects at a time
RECORDS = 10_000  # rows of a record batch, which is what is held; as many have been one so far, so that their bytes stay
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("roots", pa.list_(pa.string())),  # ids of the human rows behind it; a validation split never cuts through a lineage
        ("input_ids", pa.list_(pa.int32())),
        ("completion_start", pa.int32()),  # index of the first token that is trained on
    ]
)


def write_encoded(path: Path, encoded: Iterable[dict[str, Any]], prompt: Prompt, base_identity: str) -> None:
    """Writes an Arrow stream (`datasets.Dataset.from_file` maps it) whose schema carries the prompt and the base."""
    metadata = json.dumps({**saved_prompt(prompt), "base": base_identity}, sort_keys=True)
    schema = SCHEMA.with_metadata({"mbegu": metadata})
    with whole(path) as temporary, pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        waiting = iter(encoded)
        while tables := [*_tables(islice(waiting, RECORDS), schema)]:
            writer.write_table(pa.concat_tables(tables).combine_chunks())


def _tables(encoded: Iterator[dict[str, Any]], schema: Any) -> Iterator[Any]:
    while batch := [*islice(encoded, BATCH)]:
        yield pa.Table.from_pylist(batch, schema=schema)


def read_encoded(path: Path) -> tuple[Any, dict[str, Any]]:
    """The rows as a memory-mapped `datasets.Dataset`, and {"template", "chat", "base"} of the prompt.

    Raises:
        BadInput: no such file, or not one that `write_encoded` wrote.
    """
    from datasets import Dataset

    try:
        with pa.memory_map(str(path)) as source:
            metadata = json.loads(pa.ipc.open_stream(source).schema.metadata[b"mbegu"])
    except (OSError, pa.ArrowInvalid, TypeError, KeyError):
        raise BadInput(f"{path}: not a tokenized data set; build it with `dvc repro`.") from None
    return Dataset.from_file(str(path)), metadata
