"""The sections `score` and `judge` of params.yaml."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import IntRange

from mbegu.sections import NONEMPTY


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
