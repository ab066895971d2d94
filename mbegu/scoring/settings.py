"""The sections `predict` and `score` of params.yaml."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import Choice, IntRange

from mbegu.sections import NONEMPTY


class Predict(NamedTuple):
    """The section `predict`: how the held-out questions are answered."""

    quantization: Annotated[str, Choice(["nf4", "none"]), "Weights of the base model."]
    batch_size: Annotated[int, IntRange(1), "Questions answered at once."]
    max_new_tokens: Annotated[int, IntRange(1), "Longest answer, in tokens."]


class Score(NamedTuple):
    """The section `score`: what is measured of an answer."""

    rouge: Annotated[list[str], NONEMPTY, "rouge1, rouge2, …, rougeL, rougeLsum; repeat."]
    following: Annotated[Path, "Answered rows that teach the IFS classifier."]
    names: Annotated[list[str], "Funds and institutions that an answer must get right; repeat."]
    digits: Annotated[int, IntRange(1, 12), "Digits after the point."]
