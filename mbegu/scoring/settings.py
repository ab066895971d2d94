"""The sections `predict`, `score` and `judge` of params.yaml."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import Choice, FloatRange, IntRange

from mbegu.sections import NONEMPTY

NONE: list[str] = []  # of a list that a project may leave out


class Served(NamedTuple):
    """An endpoint that serves each model by its name under `models`; the fields as those of `asking.settings.Endpoint`."""

    base_url: Annotated[str, "Address of an OpenAI-compatible endpoint, ending in /v1."] = "http://127.0.0.1:8000/v1"
    base_urls: Annotated[list[str], "A further endpoint that serves the same models; repeat."] = NONE
    check_model: Annotated[bool, "Stop if an endpoint serves another model."] = True
    concurrency: Annotated[int, IntRange(1), "Requests in flight to each endpoint, at most."] = 8
    retries: Annotated[int, IntRange(0), "Tries after a failed one, with backoff."] = 4
    timeout: Annotated[float, FloatRange(0, min_open=True), "Seconds of one try."] = 120.0
    omit: Annotated[list[str], "A field that it refuses, such as seed; repeat."] = NONE
    rename: Annotated[list[str], "A field that it calls otherwise: max_tokens=max_completion_tokens; repeat."] = NONE
    extra: Annotated[list[str], "A field more: NAME=VALUE, the value JSON or a text; repeat."] = NONE
    headers: Annotated[list[str], "A header more: NAME=VALUE, or NAME=env:VARIABLE; repeat."] = NONE


class Predict(NamedTuple):
    """The section `predict`: how the held-out questions are answered."""

    quantization: Annotated[str, Choice(["auto", "nf4", "none"]), "Weights of the base model; auto by memory."]
    batch_size: Annotated[int, IntRange(1), "Questions answered at once."]
    max_new_tokens: Annotated[int, IntRange(1), "Longest answer, in tokens."]
    without_context: Annotated[list[str], "Models that are asked without what retrieval found; repeat."]
    openai: Served
    kind: Annotated[str, Choice(["local", "openai"]), "Load the model, or ask an endpoint for it by its name."] = "local"


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
