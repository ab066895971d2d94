"""The sections of params.yaml that say which documents are read, how they are cut, and what is asked about them."""

from typing import Annotated, NamedTuple

from click import Choice, FloatRange, IntRange

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


class Question(NamedTuple):
    """The section `question`: what is asked about a chunk."""

    count: Annotated[int, IntRange(1), "Questions a chunk."]  # type: ignore[assignment]  # hides tuple.count
    longest: Annotated[int, IntRange(8), "Characters of a question."]
    precision: Annotated[float, FloatRange(0, 1), "Least share of its words that the chunk holds."]
    most_chunks: Annotated[int, IntRange(0), "Chunks that are asked about; 0 for all."]


class Answer(NamedTuple):
    """The section `answer`: which answers stay, and how many questions none answers."""

    longest: Annotated[int, IntRange(8), "Characters of an answer."]
    precision: Annotated[float, FloatRange(0, 1), "Least share of its words that the passage holds."]
    keep_unknown: Annotated[bool, 'Keep rows that the teacher answers "I don\'t know".']
    unanswerable: Annotated[float, FloatRange(0, 1, max_open=True), "Share of rows made unanswerable."]
    validation: Annotated[float, FloatRange(0, 1, max_open=True), "As train.validation."]
