"""From a row to the text that a model reads: the same function for tokenize, expand, predict and ask."""

from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from mbegu.errors import BadInput
from mbegu.rows import Row


class Prompt(NamedTuple):
    """How a question is put to a model."""

    template: str  # Jinja text over `instruction` and `input`
    chat: bool  # whether the rendered text is wrapped as a user's turn by the model's own chat template


def read_prompt(template: Path, chat: bool) -> Prompt:
    """Reads a template file and renders it once, so that a mistake shows before any slow work.

    Raises:
        BadInput: no such file, a syntax error, or a variable other than `instruction` and `input`.
    """
    try:
        prompt = Prompt(template.read_text(encoding="utf-8"), chat)
        render(prompt, "instruction", "input")
    except FileNotFoundError:
        known = ", ".join(sorted(str(path) for path in template.parent.glob("*.jinja")))
        raise BadInput(f"prompt.template: {template} does not exist; there are {known or 'none'}.") from None
    except jinja2.TemplateSyntaxError as error:
        raise BadInput(f"{template}:{error.lineno}: {error.message}.") from None
    except jinja2.TemplateError as error:
        raise BadInput(f"{template}: {error.message}; a template knows `instruction` and `input`.") from None
    return prompt


def render(prompt: Prompt, instruction: str, input_: str) -> str:
    """The template filled in, before any chat markup."""
    environment = SandboxedEnvironment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(prompt.template).render(instruction=instruction, input=input_)


def prompt_text(prompt: Prompt, tokenizer: Any, instruction: str, input_: str) -> str:
    """The whole text up to where the answer begins.

    Raises:
        BadInput: the model has no chat template though `prompt.chat` is on, or the row holds a control token.
    """
    text = render(prompt, instruction, input_)
    refuse_control_tokens(text, tokenizer)
    if not prompt.chat:
        return text
    if not tokenizer.chat_template:
        raise BadInput(
            "prompt.chat: this base model has no chat template; set `chat: false` and a template such as templates/alpaca.jinja."
        )
    turn = [{"role": "user", "content": text}]
    return str(tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True))


def row_prompt(row: Row, prompt: Prompt, tokenizer: Any) -> str:
    """`prompt_text` of a row; an error begins with the line that the row came from, and a control token in its
    answer is an error too."""
    try:
        refuse_control_tokens(row["output"], tokenizer)
        return prompt_text(prompt, tokenizer, row["instruction"], row["input"])
    except BadInput as error:
        raise BadInput(f"{row['origin'].get('source', row['id'])}: {error}") from None


def refuse_control_tokens(text: str, tokenizer: Any) -> None:
    """Raises `BadInput` if `text` spells one of the tokenizer's control tokens: a row must not end its own turn."""
    for token in tokenizer.all_special_tokens:
        if token in text:
            raise BadInput(
                f"the text holds the control token {token!r}, which would end or forge a turn; remove it or write it differently."
            )


def prompt_ids(texts: list[str], prompt: Prompt, tokenizer: Any) -> list[list[int]]:
    """Token ids of prompts, one list each. A chat template writes its own start token; a plain prompt gets the tokenizer's."""
    return list(tokenizer(texts, add_special_tokens=not prompt.chat)["input_ids"])
