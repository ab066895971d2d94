"""The section `load` of params.yaml."""

from typing import Annotated, NamedTuple

from click import Choice, FloatRange, IntRange


class Columns(NamedTuple):
    """What the set calls the fields of a row."""

    instruction: Annotated[str, "Column that holds the instruction."]
    input: Annotated[str, "Column that holds the input; '' if the set has none."]
    output: Annotated[str, "Column that holds the answer."]


class Load(NamedTuple):
    """Which set is loaded, and how much of it."""

    source: Annotated[str, "File, folder, or owner/name or owner/name@revision on a hub."]
    format: Annotated[
        str,
        Choice(["auto", "json", "jsonl", "csv", "tsv", "parquet", "hub"]),
        "What the source is; auto tells it by the name.",
    ]
    columns: Columns
    context: Annotated[list[str], "Column whose text goes before the input, such as system or history; repeat."]
    tool_calls: Annotated[bool, "Keep a call of a tool in a conversation as an answer, written as JSON."]
    unreadable: Annotated[float, FloatRange(0, 1), "Share of a file's records that can't be read, from which on it is refused."]
    rows: Annotated[int, IntRange(0), "Records to read, from the first one; 0 for all."]
    split: Annotated[str, "Split of a folder or hub set; a single file is the split train."]
