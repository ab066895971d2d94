"""What the page Ask makes of what a visitor gives it: a model chosen twice, emptied boxes, a question that is far too long."""

import html
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mbegu.asking.decoding import Decoding
from mbegu.asking.prompts import Prompt
from mbegu.asking.speakers import Speaker
from mbegu.asking.together import Engine
from mbegu.asking.visits import Question
from mbegu.builds.project import Project
from mbegu.models.loading import load_base
from mbegu.pages.app import chat
from mbegu.pages.app.site import Site

gr = pytest.importorskip("gradio")
TYPED = "ሰላም 🌱\u200d مال?"


def open_site(engine: Any) -> Site:
    return Site(Path(), Project(), {}, "ንብ", "", engine, {}, [], {}, 8)


@pytest.fixture
def site(tiny_base, tiny_tokenizer) -> Any:
    engine = Engine(
        {"one": Speaker(load_base(tiny_base, "none").eval(), None, Prompt("{{ instruction }}", True), tiny_base)}, tiny_tokenizer
    )
    yield open_site(engine)
    engine.close()


def test_a_model_that_is_chosen_twice_is_asked_once():
    asked = chat.asked_of(open_site(SimpleNamespace()), TYPED, "", ["v2", "base", "v2"], 5, 0.5, 7)
    assert asked == [Question(name, TYPED, "", Decoding(5, 0.5), 7) for name in ("v2", "base")]


def test_numbers_that_were_emptied_are_what_they_were_at_first():
    (asked,) = chat.asked_of(open_site(SimpleNamespace()), TYPED, "", ["base"], None, None, None)
    assert asked == Question("base", TYPED, "", Decoding(8, 0.0), 0)


def test_a_seed_that_no_generator_takes_is_refused_by_its_box():
    with gr.Blocks():
        *_, seed = chat._settings(8)
    assert seed.preprocess(None) is None and seed.preprocess(2**53 - 1) == 2**53 - 1
    for wrong in (1e30, -1):
        with pytest.raises(gr.Error):
            seed.preprocess(wrong)


@pytest.mark.parametrize("unit", ["ሰላም ", "x", "مرحبا ", "🌱\u200d"])
def test_a_question_of_100_000_characters_is_refused_in_a_sentence_and_the_next_one_is_answered(site, unit):
    long = (unit * 100_000)[:100_000]
    (turn,) = chat.answered(site, chat.asked_of(site, long, "", ["one"], None, None, None))
    shown, _, _, *typed = chat._page([turn], turn)
    assert "Not asked:" in shown and "this model reads 512, of which the answer may take 8; ask with less text." in html.unescape(
        shown
    )
    assert typed == [gr.skip()] * 2 and long not in shown  # it stays in its box
    *_, turn = chat.answered(site, chat.asked_of(site, TYPED, "", ["one", "one"], 3, 0, 0))
    assert list(turn["answers"]) == ["one"] and turn["answers"]["one"]["label"] == "one answers:"
