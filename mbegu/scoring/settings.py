"""The section `judge` of params.yaml."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import IntRange


class Judge(NamedTuple):
    """The section `judge`: how a verdict is asked for."""

    template: Annotated[Path, "Prompt template of a comparison."]
    max_new_tokens: Annotated[int, IntRange(1), "Longest verdict, in tokens."]
    chat: Annotated[bool, "Put the prompt as a user's turn."]
