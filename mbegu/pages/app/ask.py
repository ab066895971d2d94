"""One question to one or several models."""

import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mbegu.asking.decoding import Decoding
from mbegu.asking.prompts import prompt_text, trained_prompt
from mbegu.asking.speakers import alone
from mbegu.asking.together import Engine
from mbegu.asking.visits import Failed, Question
from mbegu.errors import BadInput
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.rows.row import text_field


class Typed(NamedTuple):
    """A question as a person typed it."""

    instruction: str
    input: str
    max_new_tokens: int  # longest answer


def stream(typed: Typed, weights: Weights) -> None:
    """Prints the answer of an adapter as it is generated, and on stderr, before that, what is loaded.

    Raises:
        BadInput: a manifest does not hold, or the adapter belongs to another base.
    """
    printed = ""
    for said in _answers(typed, weights, weights.adapter):
        print(said.removeprefix(printed), end="", flush=True)
        printed = said
    print()


def ask_all(typed: Typed, base: Path, adapters: list[Path], quantization: str) -> list[tuple[str, str]]:
    """(name, answer) of the base model, asked as the first adapter is, and of each adapter.

    Raises:
        BadInput: a manifest does not hold, or an adapter belongs to another base.
    """
    asked = [(base.name, None, adapters[0]), *((adapter.name, adapter, adapter) for adapter in adapters)]
    return [(name, _answer(typed, Weights(base, adapter, quantization), asked_as)) for name, adapter, asked_as in asked]


def _answer(typed: Typed, weights: Weights, asked_as: Path | None) -> str:
    *_, whole = _answers(typed, weights, asked_as)
    return whole


def _answers(typed: Typed, weights: Weights, asked_as: Path | None) -> Iterator[str]:
    """The answer as it grows, of the engine that the app asks too, so that both say the same."""
    identity = weights.identity()
    tokenizer = load_tokenizer(weights.base)
    prompt = trained_prompt(asked_as or weights.base, identity["base"])
    texts = {"question": typed.instruction, "input": typed.input}  # made NFC and stripped, as rows are
    instruction, input_ = (text_field(texts, key, "ask", required=key == "question") for key in texts)
    prompt_text(prompt, tokenizer, instruction, input_)  # what can't be asked is refused before a model is loaded
    trained = f" with {weights.adapter}" if weights.adapter else ""
    print(f"Loading {weights.base}{trained} ...", file=sys.stderr, flush=True)
    name = weights.whole().name
    engine = Engine({name: alone(weights, prompt)}, tokenizer)
    try:
        for said in engine.ask(Question(name, instruction, input_, Decoding(typed.max_new_tokens))):
            yield said.text
    except Failed as error:
        raise BadInput(str(error)) from None
    finally:
        engine.close()


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
