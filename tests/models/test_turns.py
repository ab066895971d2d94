"""What a chat template is told beside a turn: its switches, and a date that is the same on every day."""

import json
import shutil
from pathlib import Path

import pytest

from mbegu.asking.local import local
from mbegu.asking.prompts import Prompt, dated, prompt_text, read_prompt, saved_prompt, settled, trained_prompt
from mbegu.errors import BadInput
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.models.manifest import write_manifest
from mbegu.models.turns import Told, as_turns, read_told
from mbegu.training import encoded

TURN = "<|im_start|>{{ messages[0].role }}\n{{ messages[0].content }}<|im_end|>\n<|im_start|>assistant\n"
THINKING = TURN + "{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% endif %}"
CLOCK = "{{ strftime_now('%d %B %Y') }}\n" + TURN

LLAMA = (
    '\n{%- if not date_string is defined %}{%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}'
    "{%- else %}{%- set date_string = '26 Jul 2024' %}{%- endif %}{%- endif %}{{- '\n' }}Today: {{ date_string }}\n" + TURN
)


def base_with(tiny_base: Path, folder: Path, template: str) -> Path:
    shutil.copytree(tiny_base, folder)
    (folder / "chat_template.jinja").write_text(template)
    write_manifest(folder)
    return folder


@pytest.fixture
def asked(tmp_path):
    (tmp_path / "t.jinja").write_text("{{ instruction }}{{ input }}")
    return lambda *more: read_prompt(tmp_path / "t.jinja", True, *more)


@pytest.mark.parametrize("text", ["ሰላም?", "Habari 🙂?", "ما هو\u200b؟", "{{ x }}"])
def test_a_template_that_reads_the_clock_says_the_date_of_params_on_every_day(tiny_base, tmp_path, asked, text):
    tokenizer = load_tokenizer(base_with(tiny_base, tmp_path / "base", CLOCK))
    assert prompt_text(asked((), "2024-02-29"), tokenizer, text, "").startswith(
        f"29 February 2024\n<|im_start|>user\n{text}<|im_end|>"
    )
    assert prompt_text(asked(), tokenizer, text, "").startswith("01 January 2026\n")
    llama = base_with(tiny_base, tmp_path / "llama", LLAMA)
    assert prompt_text(asked((), "2024-02-29"), load_tokenizer(llama), text, "").startswith("\nToday: 29 Feb 2024\n")
    assert "each prompt says 2024-02-29" in dated(settled(asked((), "2024-02-29"), tokenizer))


def test_a_switch_reaches_the_template_in_prompts_and_the_local_teacher(tiny_base, tmp_path, asked):
    base = base_with(tiny_base, tmp_path / "base", THINKING)
    tokenizer, off = load_tokenizer(base), ["enable_thinking=false"]
    assert prompt_text(asked(off), tokenizer, "?", "").endswith("assistant\n<think></think>")
    assert not prompt_text(asked(["enable_thinking=true"]), tokenizer, "?", "").endswith("</think>")
    plain, told = (local(Weights(base, None, "none"), 2, None, read_told(options, "2026-01-01", "x")) for options in ([], off))
    assert told.identity == {**plain.identity, "template_options": {"enable_thinking": False}}
    assert as_turns(["?"], tokenizer, Told({"enable_thinking": False}))[0].endswith("<think></think>")


def test_what_was_told_in_training_stands_beside_the_adapter_and_only_if_it_matters(tiny_base, tmp_path, asked):
    for template, options, known in ((THINKING, ["enable_thinking=false"], {"template_options": {"enable_thinking": False}}),
                                     (CLOCK, [], {"date": "2026-01-01"}), (TURN, [], {})):  # fmt: skip
        folder = tmp_path / str(len(template))
        tokenizer = load_tokenizer(base_with(tiny_base, folder, template))
        prompt = settled(asked(options), tokenizer)
        assert saved_prompt(prompt) == {"chat": True, "template": prompt.template, **known}
        encoded.write_encoded(folder / "rows.arrow", [], prompt, "base")
        (folder / "prompt.json").write_text(json.dumps(encoded.read_encoded(folder / "rows.arrow")[1]))
        assert trained_prompt(folder, "base") == prompt
    assert saved_prompt(Prompt("x", False)) == {"chat": False, "template": "x"} and dated(prompt) is None


@pytest.mark.parametrize(
    ("options", "date", "message"),
    [
        (["enable_thinking"], "2026-01-01", "'enable_thinking' is no NAME=VALUE of a switch"),
        (["a b=1"], "2026-01-01", "is no NAME=VALUE"), (["messages=[]"], "2026-01-01", "'messages=\\[\\]' is no"),
        ([], "tomorrow", "prompt.date: 'tomorrow' is no date; write it as YYYY-MM-DD"), ([], "", "prompt.date: '' is no date"),
    ],
)  # fmt: skip
def test_switches_and_dates_that_are_none_are_told(asked, options, date, message):
    with pytest.raises(BadInput, match=message):
        asked(options, date)


def test_a_switch_that_the_template_does_not_know_is_told(tiny_tokenizer, asked):
    with pytest.raises(BadInput, match="chat template knows no 'enable_thinkin'; leave it out"):
        settled(asked(["enable_thinkin=false"]), tiny_tokenizer)
