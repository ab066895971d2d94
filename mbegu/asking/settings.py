"""The section `prompt` of params.yaml, which every stage has that asks a model or trains one."""

from pathlib import Path
from typing import Annotated, NamedTuple


class PromptFile(NamedTuple):
    """The section `prompt`; `mbegu.asking.prompts.read_prompt` makes a prompt of it."""

    template: Annotated[Path, "Prompt template."]
    chat: Annotated[bool, "Wrap the prompt in the model's chat template."]
