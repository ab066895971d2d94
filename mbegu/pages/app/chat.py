"""The page Ask: one question to one model, or to several beside each other, and what answered."""

import html
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from mbegu.asking.decoding import Decoding
from mbegu.asking.visits import BEAT, Answer, Busy, Failed, Question, Stopped
from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages.app.passages import linked
from mbegu.pages.app.site import Site
from mbegu.rows.heldout import MARKS
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import KEYS, text_field

with needs("app"):
    import gradio as gr

EMPTY = "Write a question below, or choose an example."
NOTE = "Each question is answered on its own: these models learned from single questions, and do not see the ones above."
NOBODY = "No model is built yet, so nobody can answer; `dvc repro` builds them. The other pages show what is there."
TURNS = 20  # of a visitor that stay on the page
MOST = 2**53 - 1  # which a browser can say to the digit
# right-to-left text stands as it is read, and blanks stay; answers stand beside each other where there is room
STYLE = """
.turns { max-height: 45vh; overflow-y: auto; }
.turns h2 { font-size: 1.05rem; margin: 1rem 0 0.25rem; white-space: pre-wrap; }
.turns h3 { font-size: 0.95rem; margin: 0; }
.turns p { margin: 0.25rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.turns h2, .turns h3 { overflow-wrap: anywhere; }
.turns [dir=auto] { text-align: start; }
.answers { display: grid; gap: 0.75rem; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); }
.answer { border: 1px solid var(--border-color-primary); border-radius: 6px; padding: 0.6rem; min-width: 0; }
.sources { margin: 0; padding-inline-start: 1.5rem; font-size: 0.8rem; overflow-wrap: anywhere; }
.about { font-size: 0.8rem; color: var(--body-text-color); opacity: 0.85; }
input, textarea, .gallery-item { unicode-bidi: plaintext; text-align: start; }
.gallery { flex-wrap: wrap; }
.gallery-item { height: auto; max-width: 100%; white-space: normal; overflow-wrap: anywhere; }
"""
Turn = dict[str, Any]  # {"instruction", "input", "answers": {model: {"label", "text", "about"}}, "sources": HTML}


def example_questions(path: Path, count: int) -> list[list[str]]:
    """[instruction, input] of the first `count` rows of a dataset or a held-out file.

    Raises:
        BadInput: as `read_lines`; a row without an instruction.
    """
    lines = islice(read_lines(path, (*KEYS, *MARKS)), count)
    return [
        [text_field(row, "instruction", at, required=True), text_field(row, "input", at, required=False)] for at, row in lines
    ]


def make_page(site: Site) -> None:
    """Fills the open tab. Whatever anyone types or a model says is shown as plain text, never as markup."""
    names = list(site.engine.speakers)
    for name, why in site.missing.items():
        gr.HTML(f"<p>{html.escape(name)}: {html.escape(why)}</p>")
    if not names:
        gr.HTML(f"<p>{NOBODY}</p>")
        return
    said = gr.State([])
    turns = gr.HTML(shown([]), label="Questions and answers")
    question = gr.Textbox(label="Question", lines=1, max_lines=8, autofocus=True)
    with gr.Row():
        ask = gr.Button("Ask", variant="primary", min_width=80)
        stop = gr.Button("Stop", min_width=80)
        clear = gr.Button("Clear", min_width=80)
    chosen = gr.CheckboxGroup(names, value=names[-1:], label="Who answers")
    input_ = gr.Textbox(label="Text that the question is about (optional)", lines=2, max_lines=12)
    if site.params.get("campaigns"):
        from mbegu.pages.app import ads  # which a Space has no packages for

        ads.make_part(site, question, input_)
    retrieve = gr.Checkbox(
        site.searches, label="Answer from the documents that the question finds", visible=site.searched is not None
    )
    settings = _settings(site.longest)
    if site.examples:
        gr.Examples(
            site.examples, [question, input_], label="Example questions", cache_examples=False, preload=False,
            example_labels=[" · ".join(filter(None, example)) for example in site.examples],
        )  # fmt: skip
    warned = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(site.disclaimer))
    gr.HTML(f"<p>{warned}</p><p>{NOTE}</p>")

    def turn(question: str, input_: str, names: list[str], *others: Any) -> Any:
        *numbers, retrieve, said = others
        for now in answered(site, asked_of(site, question, input_, names, *numbers), retrieve):
            yield (gr.skip(),) * 5 if now is None else _page([*said, now][-TURNS:], now)

    asked = gr.on(
        [ask.click, question.submit], turn, [question, input_, chosen, *settings, retrieve, said],
        [turns, said, site.answered, question, input_], api_name="ask", concurrency_limit=None, show_progress="hidden",
    )  # fmt: skip
    stop.click(None, cancels=[asked], api_visibility="private")
    clear.click(lambda: (shown([]), []), None, [turns, said], api_visibility="private")


def _settings(longest: int) -> list[Any]:
    with gr.Accordion("Settings", open=False):
        return [
            gr.Slider(1, longest, value=longest, step=1, label="Longest answer, in tokens"),
            gr.Slider(0, 2, value=0, step=0.1, label="Temperature (0: always the likeliest token)"),
            gr.Number(0, label="Seed (of no effect at temperature 0)", precision=0, minimum=0, maximum=MOST),
        ]


def asked_of(
    site: Site, question: str, input_: str, names: list[str], longest: int | None, temperature: float | None, seed: int | None
) -> list[Question]:
    """The same question to each model once; a number that was emptied is what it was at first."""
    decoding = Decoding(int(longest or site.longest), float(temperature or 0))
    return [Question(name, question, input_, decoding, int(seed or 0)) for name in dict.fromkeys(names)]


def _page(said: list[Turn], now: Turn) -> tuple[Any, ...]:
    """The outputs of an event: the boxes are emptied by the first answer, so that what can't be asked stays there."""
    typed = "" if now.get("first") else gr.skip()
    texts = {name: answer["text"] for name, answer in now["answers"].items()}
    last = {"instruction": now["instruction"], "input": now["input"], "answers": texts} if now["instruction"] else gr.skip()
    return shown(said), said, last, typed, typed


def answered(site: Site, asked: list[Question], retrieve: bool = False) -> Iterator[Turn | None]:
    """A turn as it grows: all models work at once, with what the question finds if it has no text of its own.

    None where nothing is said for a while: between two states gradio looks whether the visitor is still there.
    """
    if not asked:
        yield _told("Not asked:", "Choose who answers.")
        return
    streams: dict[str, Answer] = {}
    turn: Turn = {"instruction": asked[0].instruction.strip(), "input": asked[0].input.strip(), "answers": {}, "sources": ""}
    try:
        if retrieve and site.searched and not turn["input"]:
            found = site.searched.find(turn["instruction"])
            asked, turn["sources"] = [question._replace(input=found.input) for question in asked], linked(found)
        for question in asked:
            streams[question.speaker] = site.engine.ask(question)
    except (BadInput, Busy, Stopped) as error:
        for stream in streams.values():
            stream.close()
        yield _told("Not asked:", str(error))
        return
    first, patience = True, BEAT / len(asked)
    try:
        while streams:
            heard = False
            for name in list(streams):
                answer = _next(name, streams, site, patience)
                if answer is None:
                    continue
                heard = True
                turn = {**turn, "answers": {**turn["answers"], name: answer}, "first": first and bool(answer["about"])}
                first = False
                yield turn
            patience = 0.0 if heard else BEAT / len(streams)
            if not heard:
                yield None
    finally:
        for stream in streams.values():
            stream.close()


def _next(name: str, streams: dict[str, Answer], site: Site, seconds: float) -> dict[str, str] | None:
    try:
        said = streams[name].wait(seconds)
    except (Failed, Stopped) as error:
        del streams[name]
        return {"label": f"{name} failed:", "text": str(error), "about": ""}
    if said is None:
        return None
    if said.finish_reason:
        del streams[name]
    cut = ", cut at the longest answer" if said.finish_reason == "length" else ""
    known = [f"{key} {value}" for key, value in site.about.get(name, {}).items()]
    about = " · ".join([f"{said.tokens} tokens, {said.tokens / said.seconds:.1f} a second{cut}", *known])
    return {"label": f"{name} answers:", "text": said.text, "about": about}


def _told(label: str, text: str) -> Turn:
    return {"instruction": "", "input": "", "answers": {"": {"label": label, "text": text, "about": ""}}, "sources": ""}


def shown(turns: list[Turn]) -> str:
    """The conversation as HTML."""
    inside = "".join(map(_turn, turns)) or f"<p>{EMPTY}</p>"
    return f'<div class="turns" role="log" tabindex="0" aria-label="Questions and answers">{inside}</div>'


def _turn(turn: Turn) -> str:
    asked = [
        f'<{tag} dir="auto">{html.escape(turn[key])}</{tag}>' for tag, key in (("h2", "instruction"), ("p", "input")) if turn[key]
    ]
    return f'{"".join(asked)}<div class="answers">{"".join(map(_answer, turn["answers"].values()))}</div>{turn["sources"]}'


def _answer(answer: dict[str, str]) -> str:
    label, text, about = (html.escape(answer[key]) for key in ("label", "text", "about"))
    return f'<div class="answer"><h3>{label}</h3><p class="said" dir="auto">{text}</p><p class="about">{about}</p></div>'
