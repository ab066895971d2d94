"""From a row to the text that a model reads: the same function for encode, expand, predict and ask."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from mbegu.errors import BadInput
from mbegu.models import turns
from mbegu.models.trained import read_adapter_prompt
from mbegu.models.turns import DATE, Told, read_told
from mbegu.rows.row import Row
from mbegu.text.templates import compiled


class Prompt(NamedTuple):
    """How a question is put to a model."""

    template: str  # Jinja text over `instruction` and `input`
    chat: bool  # whether the rendered text is wrapped as a user's turn by the model's own chat template
    told: Told = Told()  # what that template is told


def read_prompt(
    template: Path, chat: bool, template_options: Sequence[str] = (), date: str = DATE, system: str | None = None
) -> Prompt:
    """Reads a template file and renders it once, so that a mistake shows before any slow work.

    Raises:
        BadInput: no such file, a syntax error, a variable other than `instruction` and `input`, a system message without `chat`.
    """
    if system is not None and not chat:
        raise BadInput("prompt.system: only a chat template has a place for it; set `chat: true` under prompt, or leave it out.")
    told = read_told(template_options, date, "prompt", system) if chat else Told()
    try:
        prompt = Prompt(template.read_text(encoding="utf-8"), chat, told)
        render(prompt, "instruction", "input")
    except FileNotFoundError:
        known = ", ".join(sorted(str(path) for path in template.parent.glob("*.jinja")))
        raise BadInput(f"prompt.template: {template} does not exist; there are {known or 'none'}.") from None
    except jinja2.TemplateSyntaxError as error:
        raise BadInput(f"{template}:{error.lineno}: {error.message}.") from None
    except jinja2.TemplateError as error:
        raise BadInput(f"{template}: {error.message}; a template knows `instruction` and `input`.") from None
    return prompt


def trained_prompt(adapter: Path, base_identity: str) -> Prompt:
    """How an adapter was asked in training.

    Raises:
        BadInput: it was trained on another base model, or not by Mbegu.
    """
    return read_saved_prompt(read_adapter_prompt(adapter, base_identity))


def read_saved_prompt(values: Mapping[str, Any]) -> Prompt:
    """What `saved_prompt` gave."""
    return Prompt(values["template"], values["chat"], turns.read_saved(values))


def saved_prompt(prompt: Prompt) -> dict[str, Any]:
    """A prompt as it stands beside what was trained with it."""
    return {"chat": prompt.chat, "template": prompt.template, **turns.saved(prompt.told)}


def settled(prompt: Prompt, tokenizer: Any) -> Prompt:
    """The prompt as a model's chat template knows it; two of them are one if they give the same texts.

    Raises:
        BadInput: the chat template knows no switch of a name or no system message, or that holds a control token.
    """
    if not prompt.chat:
        return prompt
    if prompt.told.system:
        try:
            refuse_control_tokens(prompt.told.system, control_tokens(tokenizer))
        except BadInput as error:
            raise BadInput(f"prompt.system: {error}") from None
    return prompt._replace(told=turns.settled(prompt.told, tokenizer, "prompt"))


def dated(prompt: Prompt) -> str | None:
    """What is to be said of a settled prompt whose chat template reads the clock."""
    day = prompt.told.date
    return f"The model's chat template reads the clock; each prompt says {day}, on whatever day (prompt.date)." if day else None


def render(prompt: Prompt, instruction: str, input_: str) -> str:
    """The template filled in, before any chat markup."""
    return compiled(prompt.template, keep_trailing_newline=True).render(instruction=instruction, input=input_)


def prompt_text(prompt: Prompt, tokenizer: Any, instruction: str, input_: str) -> str:
    """The whole text up to where the answer begins.

    Raises:
        BadInput: the model has no chat template though `prompt.chat` is on, or the question holds a control token.
    """
    text = render(prompt, instruction, input_)
    refuse_control_tokens(text, control_tokens(tokenizer))
    return _as_turns([text], prompt, tokenizer)[0]


def row_prompts(rows: list[Row], prompt: Prompt, tokenizer: Any) -> list[str]:
    """`prompt_text` of rows; an error begins with the line that its row came from, and a control token in an
    answer is an error too."""
    tokens = control_tokens(tokenizer)
    texts = [render(prompt, row["instruction"], row["input"]) for row in rows]
    for row, text in zip(rows, texts, strict=True):
        try:
            refuse_control_tokens(text, tokens)
            refuse_control_tokens(row["output"], tokens)
        except BadInput as error:
            raise BadInput(f"{row['origin'].get('source', row['id'])}: {error}") from None
    return _as_turns(texts, prompt, tokenizer)


def _as_turns(texts: list[str], prompt: Prompt, tokenizer: Any) -> list[str]:
    if not prompt.chat:
        return texts
    if not tokenizer.chat_template:
        raise BadInput(
            "prompt.chat: this base model has no chat template; set `chat: false` and a template such as templates/alpaca.jinja."
        )
    return turns.as_turns(texts, tokenizer, settled(prompt, tokenizer).told)


def control_tokens(tokenizer: Any) -> list[str]:
    """Every token that the tokenizer reads as one wherever it is spelt; `all_special_tokens` names 3 of SmolLM2's 17."""
    return [str(token) for token in tokenizer.added_tokens_decoder.values() if token.special]


def refuse_control_tokens(text: str, tokens: Sequence[str]) -> None:
    """Raises `BadInput` if `text` spells one of a tokenizer's control tokens: a row must not end its own turn."""
    for token in tokens:
        if token in text:
            raise BadInput(
                f"the text holds the control token {token!r}, which would end or forge a turn; remove it or write it differently."
            )


def prompt_ids(texts: list[str], prompt: Prompt, tokenizer: Any) -> list[list[int]]:
    """Token ids of prompts, one list each. A chat template writes its own start token; a plain prompt gets the tokenizer's."""
    return token_ids(texts, tokenizer, special_tokens=not prompt.chat)


def token_ids(texts: list[str], tokenizer: Any, *, special_tokens: bool) -> list[list[int]]:
    """Token ids of texts, without the offsets that `tokenizer(texts)` computes too (benchmarks/tokenization.py)."""
    if not tokenizer.is_fast:
        return list(tokenizer(texts, add_special_tokens=special_tokens)["input_ids"])
    return [found.ids for found in tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=special_tokens)]
