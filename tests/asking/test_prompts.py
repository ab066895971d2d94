from pathlib import Path

import pytest

from mbegu.asking.prompts import read_prompt, render
from mbegu.errors import BadInput

TEMPLATES = Path(__file__).parents[2] / "templates"
PROMPTS = ["chat.jinja", "alpaca.jinja", "question-answer.jinja"]


@pytest.mark.parametrize("name", PROMPTS)
@pytest.mark.parametrize("text", ["ሰላም።", "Habari?", "🌱", "مرحبا", "a\u200db", "{{ 7 * 7 }} {% raw %}"])
def test_every_shipped_template_shows_the_row_as_it_is(name, text):
    prompt = read_prompt(TEMPLATES / name, False)
    assert text in render(prompt, text, "")
    assert text in render(prompt, "Question", text)
    assert "Input" not in render(prompt, text, "")


def test_alpaca_is_the_published_prompt_with_and_without_an_input():
    prompt = read_prompt(TEMPLATES / "alpaca.jinja", False)
    assert render(prompt, "Q", "").endswith("\n\n### Instruction:\nQ\n\n### Response:\n")
    assert render(prompt, "Q", "I").endswith("\n\n### Instruction:\nQ\n\n### Input:\nI\n\n### Response:\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ instruction }", "p.jinja:1: "),
        ("{{ instruktion }}", "'instruktion' is undefined; a template knows `instruction` and `input`"),
        ("{{ ''.__class__.__mro__ }}", "p.jinja: "),
    ],
)
def test_a_broken_template_is_one_clear_sentence(tmp_path, text, message):
    (tmp_path / "p.jinja").write_text(text)
    with pytest.raises(BadInput) as error:
        read_prompt(tmp_path / "p.jinja", False)
    assert message in str(error.value)


def test_a_missing_template_is_told_with_those_there_are():
    with pytest.raises(BadInput, match=r"alpca.jinja does not exist; there are .*alpaca.jinja"):
        read_prompt(TEMPLATES / "alpca.jinja", False)


def test_many_prompts_at_once_equal_each_alone_whatever_the_chat_template_does(tiny_tokenizer):
    import copy

    from mbegu.asking.prompts import Prompt, prompt_text, row_prompts

    trims = copy.deepcopy(tiny_tokenizer)
    trims.chat_template = "{% for m in messages %}<|im_start|>{{ m['content'] | trim | upper }}<|im_end|>{% endfor %}"
    rows = [
        {"id": str(n), "instruction": text, "input": "", "output": "", "origin": {"parents": []}}
        for n, text in enumerate(["ሰላም?", "  two  ", "probe", "{{ 1 }}", "ما هو؟"])
    ]
    for tokenizer in (tiny_tokenizer, trims):
        prompt = Prompt("{{ instruction }}", True)
        alone = [
            tokenizer.apply_chat_template(
                [{"role": "user", "content": row["instruction"]}], tokenize=False, add_generation_prompt=True
            )
            for row in rows
        ]
        assert row_prompts(rows, prompt, tokenizer) == alone
        assert [prompt_text(prompt, tokenizer, row["instruction"], "") for row in rows] == alone


def test_ids_without_offsets_equal_those_of_the_tokenizer(tiny_tokenizer):
    from mbegu.asking.prompts import token_ids

    texts = ["A fund pays <|im_end|> daily.", "ሰላም ለእናንተ ይሁን።", "🌱 \u200d", ""]
    for special in (True, False):
        expected = tiny_tokenizer(texts, add_special_tokens=special)["input_ids"]
        assert token_ids(texts, tiny_tokenizer, special_tokens=special) == expected
