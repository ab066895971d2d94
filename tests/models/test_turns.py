"""What a chat template is told beside a turn: a system message, its switches, and a date that is the same on every day."""

import json
import shutil
import subprocess
from pathlib import Path

import click
import jinja2
import pytest
from click.testing import CliRunner
from dvc.parsing.interpolate import to_str

from mbegu.asking.decoding import Decoding
from mbegu.asking.local import local
from mbegu.asking.prompts import Prompt, dated, prompt_text, read_prompt, row_prompts, saved_prompt, settled, trained_prompt
from mbegu.asking.settings import PromptFile
from mbegu.asking.teachers import request
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.models.manifest import verify, write_manifest
from mbegu.models.turns import NOTHING, Told, as_turns, read_told
from mbegu.sections import section
from mbegu.training import encoded

TURN = "<|im_start|>{{ messages[0].role }}\n{{ messages[0].content }}<|im_end|>\n<|im_start|>assistant\n"
THINKING = TURN + "{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% endif %}"
CLOCK = "{{ strftime_now('%d %B %Y') }}\n" + TURN

LLAMA = (
    '\n{%- if not date_string is defined %}{%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}'
    "{%- else %}{%- set date_string = '26 Jul 2024' %}{%- endif %}{%- endif %}{{- '\n' }}Today: {{ date_string }}\n" + TURN
)

# SmolLM2's: a message of its own where there is none
OWN = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}<|im_start|>system\nYou are SmolLM"
    "<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TRIMS = OWN.replace("['content']", "['content'] | trim")
RAISES = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role\nnot supported') }}{% endif %}" + OWN  # Gemma's
DROPS = OWN.replace("in messages %}", "in messages if message['role'] != 'system' %}")
FALLS = OWN.replace(
    "messages[0]['role'] != 'system'", "not (messages[0]['role'] == 'system' and messages[0]['content'] | trim)"
).replace("in messages %}", "in messages if message['content'] | trim %}", 1)
REWORDS = OWN.replace("['content']", "['content'] | replace('fund', 'bond')")
AFTER = OWN.replace("in messages %}", "in messages | reverse %}")
SAID = [
    "በአማርኛ መልስ፦ አጭር ይሁን።", "Jibu kwa Kiswahili, kwa kifupi 🌱👩🏽‍🌾", "أجب \u200fبالعربية\u200b", "a\u200d\ufeff b\u200c e\u0301",
    " two  blanks \u00a0", "{{ x }} {% raw %}", "\"it's\" $HOME `x` \\ *", "read \n probe \n here", "",
]  # fmt: skip


def base_with(tiny_base: Path, folder: Path, template: str) -> Path:
    shutil.copytree(tiny_base, folder)
    (folder / "chat_template.jinja").write_text(template)
    write_manifest(folder)
    return folder


@pytest.fixture
def asked(tmp_path):
    (tmp_path / "t.jinja").write_text("{{ instruction }}{{ input }}")
    return lambda *more, **keys: read_prompt(tmp_path / "t.jinja", True, *more, **keys)


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


@pytest.mark.parametrize("system", SAID)
def test_a_system_message_stands_before_the_question_to_the_byte_in_place_of_the_templates_own(
    tiny_base, tmp_path, asked, system
):
    tokenizer = load_tokenizer(base_with(tiny_base, tmp_path / "base", OWN))
    prompt = settled(asked(system=system), tokenizer)
    for question in ("ሰላም?", "probe", " \n probe \n ", "ما هو\u200b؟"):
        expected = f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
        assert prompt_text(prompt, tokenizer, question, "") == expected
        row = {"id": "1", "instruction": question, "input": "", "output": "x", "origin": {}}
        assert row_prompts([row, row], prompt, tokenizer) == [expected] * 2
    assert saved_prompt(prompt) == {"chat": True, "template": prompt.template, "system": system}
    encoded.write_encoded(tmp_path / "rows.arrow", [], prompt, "base")
    (tmp_path / "prompt.json").write_text(json.dumps(encoded.read_encoded(tmp_path / "rows.arrow")[1]))
    assert trained_prompt(tmp_path, "base") == prompt != settled(asked(), tokenizer)


def test_without_a_system_message_all_is_as_it_was(tiny_base, tmp_path, asked):
    base = base_with(tiny_base, tmp_path / "base", OWN)
    tokenizer = load_tokenizer(base)
    prompt = settled(asked(), tokenizer)
    turn = [{"role": "user", "content": "ሰላም?"}]
    text = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
    assert "You are SmolLM" in text and prompt_text(prompt, tokenizer, "ሰላም?", "") == text
    assert prompt.told == NOTHING and saved_prompt(prompt) == {"chat": True, "template": prompt.template}
    teacher = local(Weights(base, None, "none"), 2, None)
    assert "system" not in teacher.identity and "system" not in request(teacher, "?", True, Decoding(2))


def test_an_adapter_teaches_below_the_system_message_that_it_was_trained_with(tiny_base, tmp_path, asked):
    base = base_with(tiny_base, tmp_path / "base", OWN)
    for name, system in (("before", None), ("below", "በአጭሩ 🌱")):
        (tmp_path / name).mkdir()
        saved = saved_prompt(asked(system=system)) | {"base": verify(base)}
        (tmp_path / name / "prompt.json").write_text(json.dumps(saved))
        write_manifest(tmp_path / name)
        assert local(Weights(base, tmp_path / name, "none"), 2, None).identity.get("system") == system


def test_a_template_may_trim_a_system_message(tiny_base, tmp_path, asked):
    tokenizer = load_tokenizer(base_with(tiny_base, tmp_path / "base", TRIMS))
    for system in SAID:
        text = prompt_text(asked(system=system), tokenizer, "?", "")
        assert text.startswith(f"<|im_start|>system\n{system.strip()}<|im_end|>\n<|im_start|>user\n?<|im_end|>")


@pytest.mark.parametrize("system", ["Speak of a fund.", "e", "", " "])
@pytest.mark.parametrize(
    ("template", "message"),
    [
        (RAISES, "takes no system message (System role not supported); leave it out."),
        (DROPS, "puts no system message before a question; leave it out."),
        (TURN, "puts no system message before a question; leave it out."),  # of the first message only
        (AFTER, "puts no system message before a question; leave it out."),
    ],
)
def test_a_template_that_has_no_place_for_a_system_message_is_told(tiny_base, tmp_path, asked, template, message, system):
    tokenizer = load_tokenizer(base_with(tiny_base, tmp_path / "base", template))
    for put in (lambda: settled(asked(system=system), tokenizer), lambda: prompt_text(asked(system=system), tokenizer, "?", "")):
        with pytest.raises(BadInput) as error:
            put()
        assert str(error.value) == f"prompt.system: this model's chat template {message}"
    assert settled(asked(), tokenizer).told == NOTHING


def test_a_template_that_has_a_message_of_its_own_for_a_blank_one_is_told(tiny_base, tmp_path, asked):
    tokenizer = load_tokenizer(base_with(tiny_base, tmp_path / "base", FALLS))
    for system in ("", " \u00a0"):
        with pytest.raises(
            BadInput, match=r"^prompt\.system: this model's chat template has a message of its own for a blank one"
        ):
            settled(asked(system=system), tokenizer)
    assert prompt_text(asked(system="ሰላም"), tokenizer, "?", "").startswith("<|im_start|>system\nሰላም<|im_end|>")


def test_what_is_wrong_without_a_system_message_is_none_of_its_fault(tiny_base, tmp_path, asked):
    template = "{{ raise_exception('broken') }}" + OWN
    tokenizer = load_tokenizer(base_with(tiny_base, tmp_path / "base", template))
    with pytest.raises(jinja2.TemplateError, match="broken"):
        settled(asked(system=""), tokenizer)


def test_a_template_that_changes_a_system_message_is_told(tiny_base, tmp_path, asked):
    tokenizer = load_tokenizer(base_with(tiny_base, tmp_path / "base", REWORDS))
    with pytest.raises(BadInput, match=r"^prompt\.system: this model's chat template puts no system message"):
        settled(asked(system="Speak of a fund."), tokenizer)
    assert settled(asked(system="Speak."), tokenizer).told.system == "Speak."


def test_a_base_without_a_chat_template_is_told_as_that(tiny_base, tmp_path, asked):
    tokenizer = load_tokenizer(tiny_base)
    tokenizer.chat_template = None
    with pytest.raises(BadInput, match=r"^prompt\.chat: this base model has no chat template"):
        prompt_text(asked(system=""), tokenizer, "?", "")


@pytest.mark.parametrize("token", ["<|im_end|>", "<|im_start|>", "<|endoftext|>"])
def test_a_control_token_in_a_system_message_is_told(tiny_tokenizer, asked, token):
    for put in (settled, lambda prompt, tokenizer: prompt_text(prompt, tokenizer, "?", "")):
        with pytest.raises(BadInput) as error:
            put(asked(system=f"ሰላም {token}"), tiny_tokenizer)
        assert str(error.value).startswith(f"prompt.system: the text holds the control token {token!r}")


@pytest.mark.parametrize("system", ["Be brief.", ""])
def test_a_system_message_without_a_chat_template_is_told(tmp_path, system):
    (tmp_path / "t.jinja").write_text("{{ instruction }}{{ input }}")
    with pytest.raises(
        BadInput, match=r"^prompt\.system: only a chat template has a place for it; set `chat: true` under prompt"
    ):
        read_prompt(tmp_path / "t.jinja", False, system=system)
    assert read_prompt(tmp_path / "t.jinja", False).told == NOTHING


def test_null_for_a_system_message_is_told_and_not_said(asked):
    with pytest.raises(BadInput, match=r"^prompt\.system: is null in params.yaml; write a text"):
        asked(system="None")


@pytest.mark.parametrize("system", [*(text for text in SAID if "\n" not in text), "--chat", None])
def test_what_params_yaml_says_reaches_a_stage_as_it_was_through_dvc_and_the_shell(system):
    given = {"template": "t.jinja", "chat": True, **({} if system is None else {"system": system})}
    options = to_str(given, {"bool": "boolean_optional", "list": "append"})
    found = []

    @click.command()
    @section(PromptFile, "prompt")
    def stage(prompt: PromptFile) -> None:
        found.append(prompt)

    shown = subprocess.run(f"printf '%s\\0' {options}", shell=True, capture_output=True, check=True).stdout.decode()
    assert CliRunner().invoke(stage, shown.split("\0")[:-1]).exit_code == 0
    assert found == [PromptFile(Path("t.jinja"), True, system=system)]


def test_a_section_that_is_read_without_dvc_says_what_it_expects():
    with pytest.raises(BadInput, match=r"prompt\.system is 5; expected a text \(in quotes"):
        parse_section({"prompt": {"template": "t", "chat": True, "system": 5}}, "prompt", PromptFile, "params.yaml")
    read = parse_section({"prompt": {"template": "t", "chat": True, "system": ""}}, "prompt", PromptFile, "params.yaml")
    assert read.system == ""
