"""The sections `predict`, `score` and `judge` of params.yaml."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import Choice, IntRange

from mbegu.sections import NONEMPTY


class Predict(NamedTuple):
    """The section `predict`: how the held-out questions are answered."""

    quantization: Annotated[str, Choice(["nf4", "none"]), "Weights of the base model."]
    batch_size: Annotated[int, IntRange(1), "Questions answered at once."]
    max_new_tokens: Annotated[int, IntRange(1), "Longest answer, in tokens."]
    without_context: Annotated[list[str], "Models that are asked without what retrieval found; repeat."]


class Score(NamedTuple):
    """The section `score`: what is measured of an answer."""

    rouge: Annotated[list[str], NONEMPTY, "rouge1, rouge2, …, rougeL, rougeLsum; repeat."]
    following: Annotated[Path, "Answered rows that teach the IFS classifier."]
    digits: Annotated[int, IntRange(1, 12), "Digits after the point."]


class Judge(NamedTuple):
    """The section `judge`: how a verdict is asked for."""

    template: Annotated[Path, "Prompt template of a comparison."]
    max_new_tokens: Annotated[int, IntRange(1), "Longest verdict, in tokens."]
    chat: Annotated[bool, "Put the prompt as a user's turn."]


class Graded(NamedTuple):
    """What the grade stage writes."""

    out: Annotated[Path, "Scores and every pair compared, by the way of asking."]
    metrics: Annotated[Path, "The scores alone, and recall of retrieval."]
    table: Annotated[Path, "The table in Markdown, and what it says in words."]
