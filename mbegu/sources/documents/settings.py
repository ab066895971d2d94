"""The sections of params.yaml that say which documents are read, and how they are cut."""

from typing import Annotated, NamedTuple

from click import Choice, IntRange

from mbegu.sections import NONEMPTY


class Ingest(NamedTuple):
    """Which files of a folder are read."""

    include: Annotated[list[str], NONEMPTY, "Glob of files to read, such as '*.md' or 'hr/*'; repeat."]
    exclude: Annotated[list[str], "Glob of files to leave alone; repeat."]


class Chunk(NamedTuple):
    """How documents are cut, and which are held out."""

    heldout: Annotated[list[str], "Glob of documents that are held out; repeat."]
    unit: Annotated[str, Choice(["characters", "tokens"]), "What size and step count."]
    size: Annotated[int, IntRange(1), "Longest chunk."]
    step: Annotated[int, IntRange(1), "From one chunk's start to the next; below size, they overlap."]
    min_size: Annotated[int, IntRange(0), "Characters below which a chunk says too little."]
