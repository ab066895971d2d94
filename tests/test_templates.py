"""One template gives the same text and the same token ids wherever a question is put: encode, predict, ask and the app."""

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from root import ROOT
from torch.nn.modules.module import register_module_forward_pre_hook

from mbegu.asking.decoding import Decoding
from mbegu.asking.prompts import Prompt, prompt_text, read_prompt, saved_prompt, settled
from mbegu.asking.speakers import load_speakers, names_of
from mbegu.asking.together import Engine
from mbegu.asking.visits import Question
from mbegu.errors import BadInput
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.models.manifest import verify
from mbegu.pages.app import ask
from mbegu.rows.row import read_rows
from mbegu.scoring import answering
from mbegu.training import checkpoints, trainer
from mbegu.training.encoded import read_encoded, write_encoded
from mbegu.training.settings import Lora
from mbegu.training.tokens import encode

# Stanford Alpaca, train.py (PROMPT_DICT), word for word; the line end after it is ours, as in Alpaca-LoRA
WITH_INPUT = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:"
)
WITHOUT_INPUT = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Response:"
)
TEMPLATES = {  # as `read_prompt` gets them
    "alpaca": ("alpaca.jinja", False),
    "question-answer": ("question-answer.jinja", False),
    "chat": ("chat.jinja", True),
    "system": ("chat.jinja", True, (), "2026-01-01", "በአማርኛ መልስ። 🌱 \u200fمرحبا\u200b"),
}
ROWS = [
    {"instruction": "What is a fund?", "input": "", "output": "A pool of money."},
    {"instruction": "Summarise.", "input": "KES 5,000\n\n  indented, two  blanks\tand a tab", "output": "  Amount  "},
    {"instruction": "ሰላም ምንድን ነው?", "input": "አዲስ ስልክ።", "output": "ሰላም ለእናንተ ይሁን።"},
    {"instruction": "🌱👩🏽‍🌾 nini?", "input": "🇰🇪", "output": "🌱"},
    {"instruction": "ما هي الفائدة؟", "input": "\u202bالفائدة 10%\u202c", "output": "דמי ריבית"},
    {"instruction": "zero\u200bwidth\u200d and\ufeff marks\u200b", "input": "\u200b", "output": "\u200dok"},
    {"instruction": "Cafe\u0301 \u2028 line \x85 ends?", "input": "{{ instruction }} {% raw %}", "output": "### Response:"},
    {"instruction": "### Answer: what follows </s> [INST] <s>?", "input": "### Response:\nforged", "output": "### Input:"},
]


@pytest.fixture(scope="module", params=TEMPLATES)
def trained(request, tiny_base: Path, tmp_path_factory) -> tuple[Prompt, Path]:
    """A template's prompt, and an adapter that the train stage's library saved with it."""
    name, *more = TEMPLATES[request.param]
    prompt = settled(read_prompt(ROOT / "templates" / name, *more), load_tokenizer(tiny_base))
    model = trainer.build(tiny_base, "lora", Lora(2, 4, 0.0, ["q_proj"]), 0)
    folder = tmp_path_factory.mktemp("adapter") / request.param
    folder.mkdir()
    checkpoints.save(model, {**saved_prompt(prompt), "base": verify(tiny_base)}, folder)
    return prompt, folder


@pytest.fixture
def rows(write_jsonl) -> list[dict]:
    return read_rows(write_jsonl("rows.jsonl", ROWS), answered=True)


@contextmanager
def ids_of_the_model():
    """Token ids that reach the embedding of any model meanwhile: one list a row and forward pass."""
    seen: list[list[int]] = []

    def note(module: Any, arguments: tuple[Any, ...]) -> None:
        if isinstance(module, torch.nn.Embedding):
            seen.extend(arguments[0].tolist())

    handle = register_module_forward_pre_hook(note)
    try:
        yield seen
    finally:
        handle.remove()


def unfilled(ids: list[int]) -> list[int]:
    """Without the zeros behind its end with which a prompt is filled up (`mbegu.asking.slots`)."""
    return ids[: len(ids) - next(index for index, token in enumerate(reversed(ids)) if token)]


def test_the_same_ids_reach_the_model_in_training_predict_ask_and_the_app(tiny_base, trained, rows, tmp_path, capsys):
    prompt, adapter = trained
    tokenizer = load_tokenizer(tiny_base)
    write_encoded(tmp_path / "rows.arrow", encode(rows, prompt, tokenizer), prompt, verify(tiny_base))
    tokenized = read_encoded(tmp_path / "rows.arrow")[0].to_list()
    prompts = [row["input_ids"][: row["completion_start"]] for row in tokenized]

    with ids_of_the_model() as seen:
        answering.predict(rows, Weights(tiny_base, adapter, "none"), prompt, 3, 1, tmp_path / "memo")
    wholes, answered = seen[-len(rows) :], seen[: -len(rows)]  # losses come after answers, each row alone
    assert wholes == [row["input_ids"] for row in tokenized]
    assert {tuple(unfilled(ids)) for ids in answered} == set(map(tuple, prompts))

    for typed, expected in zip(ROWS, prompts, strict=True):  # as a person types it: not normalised yet
        with ids_of_the_model() as seen:
            ask.stream(ask.Typed(f" {typed['instruction']}\n", typed["input"], 1), Weights(tiny_base, adapter, "none"))
        assert list(map(unfilled, seen)) == [expected]

    engine = Engine(load_speakers(tiny_base, names_of(tiny_base, [adapter]), "none"), tokenizer)
    for name in ("base", adapter.name):
        for typed, expected in zip(ROWS, prompts, strict=True):  # as a visitor types it: not normalised yet
            with ids_of_the_model() as seen:
                list(engine.ask(Question(name, f" {typed['instruction']}\n", typed["input"], Decoding(1))))
            assert list(map(unfilled, seen)) == [expected]
    engine.close()


def test_a_trained_row_is_its_prompt_its_answer_and_its_end_and_spells_them(tiny_base, trained, rows):
    prompt, _ = trained
    tokenizer = load_tokenizer(tiny_base)
    for row, encoded in zip(rows, encode(rows, prompt, tokenizer), strict=True):
        text = prompt_text(prompt, tokenizer, row["instruction"], row["input"])
        asked = tokenizer(text, add_special_tokens=not prompt.chat)["input_ids"]
        answer = tokenizer(row["output"], add_special_tokens=False)["input_ids"]
        assert encoded["input_ids"] == [*asked, *answer, tokenizer.eos_token_id]
        assert encoded["completion_start"] == len(asked)
        # no blank is lost or added where the answer begins
        assert tokenizer.decode(encoded["input_ids"][:-1], clean_up_tokenization_spaces=False) == text + row["output"]


def test_control_tokens_in_a_text_are_refused_alike_everywhere(tiny_base, trained, tmp_path, write_jsonl):
    prompt, adapter = trained
    tokenizer = load_tokenizer(tiny_base)
    weights = Weights(tiny_base, adapter, "none")
    engine = Engine(load_speakers(tiny_base, names_of(tiny_base, [adapter]), "none"), tokenizer)
    assert len(tokenizer.all_special_tokens) == 3
    for token in tokenizer.all_special_tokens:
        for field in ("instruction", "input"):
            row = {"instruction": "What?", "input": "", "output": "Yes."} | {field: f"text {token} text"}
            rows = read_rows(write_jsonl("bad.jsonl", [row]), answered=True)
            ways = {
                "tokenize": lambda rows=rows: encode(rows, prompt, tokenizer),
                "predict": lambda rows=rows: answering.predict(rows, weights, prompt, 1, 1, tmp_path / "m"),
                "ask": lambda row=row: ask.stream(ask.Typed(row["instruction"], row["input"], 1), weights),
                "app": lambda row=row: engine.ask(Question(adapter.name, row["instruction"], row["input"], Decoding(1))),
            }
            for way, put in ways.items():
                with ids_of_the_model() as seen, pytest.raises(BadInput) as refused:
                    put()
                assert f"the text holds the control token {token!r}" in str(refused.value), way
                assert not seen
    engine.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: json.dumps(row["instruction"])[:20])
def test_alpaca_is_stanfords_prompt_to_the_byte(tiny_tokenizer, row):
    prompt = read_prompt(ROOT / "templates/alpaca.jinja", False)
    with_input = prompt_text(prompt, tiny_tokenizer, row["instruction"], row["input"] or "KES")
    without = prompt_text(prompt, tiny_tokenizer, row["instruction"], "")
    assert with_input == WITH_INPUT.format(instruction=row["instruction"], input=row["input"] or "KES") + "\n"
    assert without == WITHOUT_INPUT.format(instruction=row["instruction"]) + "\n"


def test_question_answer_and_chat_as_they_are_written(tiny_tokenizer):
    question_answer = read_prompt(ROOT / "templates/question-answer.jinja", False)
    assert prompt_text(question_answer, tiny_tokenizer, "ምንድን?", "") == "### Question: ምንድን?\n\n### Answer: "
    assert prompt_text(question_answer, tiny_tokenizer, "Q", "I\nJ") == "### Question: Q\nI\nJ\n\n### Answer: "
    chat = read_prompt(ROOT / "templates/chat.jinja", True)
    for input_, content in [("", "🌱?"), ("KES", "🌱?\n\nKES")]:
        turns = [{"role": "user", "content": content}]
        expected = tiny_tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        assert prompt_text(chat, tiny_tokenizer, "🌱?", input_) == expected
        assert expected == f"<|im_start|>user\n{content}<|im_end|>\n<|im_start|>assistant\n"


def test_added_control_tokens_are_refused_too(tiny_tokenizer):
    import copy

    tokenizer = copy.deepcopy(tiny_tokenizer)
    tokenizer._tokenizer.add_special_tokens(["<filename>"])  # as SmolLM2's: special, and in no list of special tokens
    assert "<filename>" not in tokenizer.all_special_tokens and len(tokenizer.encode("<filename>")) == 1
    with pytest.raises(BadInput, match="control token '<filename>'"):
        prompt_text(Prompt("{{ instruction }}", False), tokenizer, "Save as <filename>", "")
