"""The sections `question`, `answer` and `retrieval` of params.yaml: what is asked about documents, and what is found in them."""

from typing import Annotated, NamedTuple

from click import FloatRange, IntRange


class Question(NamedTuple):
    """The section `question`: what is asked about a chunk."""

    count: Annotated[int, IntRange(1), "Questions a chunk, at most."]  # type: ignore[assignment]  # hides tuple.count
    unanswerable: Annotated[int, IntRange(0), "Questions a chunk that it does not answer, at most; 0 asks for none."]
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


class Retrieval(NamedTuple):
    """The section `retrieval`: how many passages go into a question, and into rows to learn that from."""

    k: Annotated[int, IntRange(1), "Passages that a question is answered from."]
    distractors: Annotated[int, IntRange(0), "Other passages in a row to train on."]
    share_without: Annotated[float, FloatRange(0, 1), "Share of such rows without the passage that answers."]
    most_rows: Annotated[int, IntRange(0), "Such rows, drawn by a hash of their id; 0 for all."]
    quote: Annotated[bool, "End an answer with the words of its passage that support it."] = False
