"""A chat page on which people ask the base model and its adapters, and see which of them answers."""

import html
import re
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from traceback import print_exception
from types import SimpleNamespace
from typing import Any, NamedTuple

from peft import PeftModel
from transformers import TextIteratorStreamer

from mbegu.asking.generation import generate_one
from mbegu.asking.prompts import Prompt, prompt_ids, prompt_text, trained_prompt
from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.models.four_bits import unpack
from mbegu.models.loading import load_base
from mbegu.models.manifest import verify
from mbegu.pages.app.passages import Find
from mbegu.retrieval.passages import sources
from mbegu.rows.heldout import MARKS
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import KEYS, text_field

with needs("app"):
    import gradio as gr

EMPTY = "Write a question below, or choose an example."
NOTE = "Each question is answered on its own: these models learned from single questions, and do not see the ones above."
HEIGHT = "45vh"  # of the chat, so that the question below it stays in view however long an answer grows
# right-to-left text stands as it is read, and blanks stay; an example wraps and is no wider than a phone
STYLE = """
h1, input, textarea, .message span, .gallery-item { unicode-bidi: plaintext; text-align: start; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
.message span { white-space: pre-wrap; overflow-wrap: anywhere; }
.gallery { flex-wrap: wrap; }
.gallery-item { height: auto; max-width: 100%; white-space: normal; overflow-wrap: anywhere; }
"""


class Speaker(NamedTuple):
    """One of those who can answer."""

    model: Any  # the base and its LoRA adapters share one
    lora: str | None  # the name in `model` of the adapter to switch on
    prompt: Prompt  # how it was asked in training; the base is asked as the first adapter is


def load_speakers(base: Path, adapters: list[Path], quantization: str) -> dict[str, Speaker]:
    """The base and its adapters by the name of their folder, or by their whole path where two folders have one name.

    LoRA adapters share the weights of one base in memory; a fully fine-tuned model comes with its own.

    Raises:
        BadInput: a manifest does not hold, a folder is no adapter that Mbegu trained, or one of another base.
    """
    identity = verify(base)
    prompts = {adapter: trained_prompt(adapter, identity) for adapter in adapters}
    for adapter in adapters:
        verify(adapter)
    shared = load_base(base, quantization)
    speakers = {base: Speaker(None, None, prompts[adapters[0]])}
    for number, adapter in enumerate(prompts):
        if not (adapter / "adapter_config.json").is_file():
            speakers[adapter] = Speaker(unpack(load_base(adapter, quantization)).eval(), None, prompts[adapter])
            continue
        lora = str(number)  # peft allows no name with a dot in it
        if isinstance(shared, PeftModel):
            shared.load_adapter(str(adapter), lora)
        else:
            shared = PeftModel.from_pretrained(shared, str(adapter), lora)
        speakers[adapter] = Speaker(None, lora, prompts[adapter])
    unpack(shared).eval()
    names = [path.name for path in speakers]
    return {
        str(path) if names.count(path.name) > 1 else path.name: speaker._replace(model=speaker.model or shared)
        for path, speaker in speakers.items()
    }


def example_questions(path: Path, count: int) -> list[list[str]]:
    """[instruction, input] of the first `count` rows of a dataset or a held-out file.

    Raises:
        BadInput: as `read_lines`; a row without an instruction.
    """
    lines = islice(read_lines(path, (*KEYS, *MARKS)), count)
    return [
        [text_field(row, "instruction", at, required=True), text_field(row, "input", at, required=False)] for at, row in lines
    ]


def question_ids(speaker: Speaker, tokenizer: Any, question: str, input_: str, max_new_tokens: int) -> list[int]:
    """Token ids of what a visitor typed, asked as the speaker was asked in training.

    Raises:
        BadInput: no question, a control token in it, or too long for the model with `max_new_tokens` to come.
    """
    typed = {"question": question, "input": input_}
    asked = [text_field(typed, key, "Your message", required=key == "question") for key in typed]
    (ids,) = prompt_ids([prompt_text(speaker.prompt, tokenizer, *asked)], speaker.prompt, tokenizer)
    window = getattr(speaker.model.config, "max_position_embeddings", None)
    if window and len(ids) + max_new_tokens > window:
        raise BadInput(
            f"Your message: {len(ids)} tokens with its prompt; this model reads {window}, of which the answer may take "
            f"{max_new_tokens}; ask with less text."
        )
    return ids


def answer(speaker: Speaker, tokenizer: Any, question: str, input_: str, max_new_tokens: int, worker: Executor) -> Iterator[str]:
    """The greedy answer as it grows, word by word; its last state is what `asking` gives.

    Args:
        worker: one thread for all visitors, since they share the switch between adapters. A visitor who leaves
            closes the iterator, and the model stops at its next token.

    Raises:
        BadInput: as `question_ids`.
    """
    ids = question_ids(speaker, tokenizer, question, input_, max_new_tokens)
    words = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
    left = threading.Event()

    def put(tokens: Any) -> None:
        if left.is_set():
            raise CancelledError
        words.put(tokens)

    def speak() -> str:
        with _switched(speaker):
            return generate_one(speaker.model, tokenizer, ids, max_new_tokens, SimpleNamespace(put=put, end=lambda: None))

    job = worker.submit(speak)
    job.add_done_callback(lambda _: words.end())  # after an error too, or the loop below would wait for ever
    text = ""
    try:
        for word in words:
            text += word
            yield text
        yield job.result()
    finally:
        left.set()
        job.cancel()


def _switched(speaker: Speaker) -> AbstractContextManager[Any]:
    if speaker.lora is not None:
        speaker.model.set_adapter(speaker.lora)
    elif isinstance(speaker.model, PeftModel):
        return speaker.model.disable_adapter()
    return nullcontext()


class Answering(NamedTuple):
    """How visitors are answered."""

    max_new_tokens: int  # longest answer
    worker: Executor  # as `answer`
    find: Find | None = None  # gives a question without a text its passages


def page(
    speakers: dict[str, Speaker], tokenizer: Any, how: Answering, examples: list[list[str]], disclaimer: str, title: str
) -> gr.Blocks:
    """The page, not yet served. Whatever anyone types or a model says is shown as plain text, never as markup."""

    def turn(name: str, question: str, input_: str, said: list[Any]) -> Iterator[Any]:
        asked = _message("user", *filter(None, (question, input_)))
        typed: Any = ""  # the boxes are emptied once: what is typed while the answer comes stays
        shown = []
        try:
            if how.find and question.strip() and not input_.strip():
                found = how.find(question)
                input_, shown = found.input, [_message("assistant", *sources(found.hits))]
            for text in answer(speakers[name], tokenizer, question, input_, how.max_new_tokens, how.worker):
                now = [*said, asked, _message("assistant", f"{name} answers:", text), *shown]
                yield now, now, typed, typed
                typed = gr.skip()
        except BadInput as error:
            yield [*said, _message("assistant", "Not asked:", str(error))], gr.skip(), gr.skip(), gr.skip()
        except Exception as error:  # gradio would cover the page with the word "Error", and the question with it
            print_exception(error)
            yield (
                [*said, asked, _message("assistant", f"{name} failed:", f"{type(error).__name__}: {error}")],
                gr.skip(),
                gr.skip(),
                gr.skip(),
            )

    with gr.Blocks(title=title, analytics_enabled=False) as blocks:
        gr.HTML(f"<h1>{html.escape(title)}</h1>")
        said = gr.State([])
        chat = gr.Chatbot(
            label="Questions and answers", render_markdown=False, latex_delimiters=[], buttons=[], height=HEIGHT,
            group_consecutive_messages=False, placeholder=EMPTY,
        )  # fmt: skip
        question = gr.Textbox(label="Question", lines=1, max_lines=8, autofocus=True)
        with gr.Row():
            ask = gr.Button("Ask", variant="primary", min_width=80)
            stop = gr.Button("Stop", min_width=80)
        name = gr.Radio(list(speakers), value=list(speakers)[-1], label="Who answers")
        input_ = gr.Textbox(label="Text that the question is about (optional)", lines=2, max_lines=12)
        if examples:
            gr.Examples(
                examples, [question, input_], label="Example questions", cache_examples=False, preload=False,
                example_labels=[" · ".join(filter(None, example)) for example in examples],
            )  # fmt: skip
        warned = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(disclaimer))
        gr.HTML(f"<p>{warned}</p><p>{NOTE}</p>")
        asked = gr.on(
            [ask.click, question.submit], turn, [name, question, input_, said], [chat, said, question, input_],
            api_name="ask", concurrency_limit=1, show_progress="hidden",
        )  # fmt: skip
        stop.click(None, cancels=[asked], api_visibility="private")
        chat.clear(list, None, said, api_visibility="private")
    return blocks


def _message(role: str, *texts: str) -> dict[str, Any]:
    # gr.Chatbot reads text as HTML even where Markdown is off, and an <img> of a visitor would be fetched
    return {"role": role, "content": [{"type": "text", "text": html.escape(text, quote=False)} for text in texts]}
