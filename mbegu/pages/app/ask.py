"""One question to one or several models."""

import shutil
import textwrap
from pathlib import Path
from typing import Any

from transformers import TextStreamer

from mbegu.asking.generation import generate_one
from mbegu.asking.prompts import prompt_ids, prompt_text
from mbegu.models.loading import load_model, load_tokenizer, model_identity, read_adapter_prompt
from mbegu.models.manifest import verify
from mbegu.rows.row import text_field


def stream(question: str, input_: str, base: Path, adapter: Path, quantization: str, max_new_tokens: int) -> None:
    """Prints an adapter's answer as it is generated."""
    tokenizer = load_tokenizer(base)
    _answer(
        question,
        input_,
        base,
        adapter,
        adapter,
        quantization,
        max_new_tokens,
        TextStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True),
    )


def ask_all(
    question: str, input_: str, base: Path, adapters: list[Path], quantization: str, max_new_tokens: int
) -> list[tuple[str, str]]:
    """(name, answer) of the base model, asked as the first adapter is, and of each adapter.

    Raises:
        BadInput: a manifest does not hold, or an adapter belongs to another base.
    """
    answers = [(base.name, _answer(question, input_, base, None, adapters[0], quantization, max_new_tokens))]
    for adapter in adapters:
        answers.append((adapter.name, _answer(question, input_, base, adapter, adapter, quantization, max_new_tokens)))
    return answers


def _answer(
    question: str, input_: str, base: Path, adapter: Path | None, asked_as: Path, quantization: str, max_new_tokens: int,
    streamer: Any = None,
) -> str:  # fmt: skip
    model_identity(base, adapter, quantization)
    tokenizer = load_tokenizer(base)
    prompt = read_adapter_prompt(asked_as, verify(base))
    typed = {"question": question, "input": input_}  # made NFC and stripped, as rows are
    asked = [text_field(typed, key, "ask", required=key == "question") for key in typed]
    (ids,) = prompt_ids([prompt_text(prompt, tokenizer, *asked)], prompt, tokenizer)
    return generate_one(load_model(base, adapter, quantization), tokenizer, ids, max_new_tokens, streamer)


def side_by_side(answers: list[tuple[str, str]], fit_terminal: bool) -> str:
    """Answers as columns of equal width, each under its model's name."""
    total = shutil.get_terminal_size((120, 24)).columns if fit_terminal else 120
    width = max(20, (total - 3 * (len(answers) - 1)) // len(answers))
    columns = [[name, "-" * width, *_wrap(text, width)] for name, text in answers]
    height = max(map(len, columns))
    lines = zip(*([*column, *[""] * (height - len(column))] for column in columns), strict=True)
    return "\n".join(" | ".join(cell.ljust(width) for cell in line).rstrip() for line in lines)


def _wrap(text: str, width: int) -> list[str]:
    return [piece for line in text.splitlines() for piece in textwrap.wrap(line, width) or [""]]
