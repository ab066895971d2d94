import csv
import io
import json

import datasets
import pytest
from root import ROOT

from mbegu.asking.prompts import Prompt, prompt_ids, read_prompt, token_ids
from mbegu.errors import BadInput
from mbegu.models.turns import Told
from mbegu.rows.row import row_id
from mbegu.sharing import exports
from mbegu.training import tokens

CHAT = read_prompt(ROOT / "templates/chat.jinja", True)
ALPACA = read_prompt(ROOT / "templates/alpaca.jinja", False)
NASTY = [
    "ሰላም ለእናንተ ይሁን።", "Habari 🌱 👩🏾‍🌾", "line\nline\r\nline\rend", "a\u2028b\u2029c\u0085d", 'say "hi", "" ok, \'q\'; \\n',
    "=1+1", "@SUM(A1)", "+254 700", "-", "NA", "null", "007", "1e5", "true", "{{ x }} <b>&amp;</b>", "مرحبا \u200fعالم",
    "a\u200db\ufeffc", "2024-01-31", '{"a": [1]}', "tab\there",
]  # fmt: skip


def row(instruction: str, input_: str = "", output: str = "Yes.", **origin) -> dict:
    place = {"kind": "seed", "parents": [], "source": "data/seeds/v1.jsonl:1", **origin}
    values = {"instruction": instruction, "input": input_, "output": output, "origin": place}
    return {"id": row_id(instruction, input_), **values}


ROWS = [row(text, "" if place % 3 else text[::-1], f"{text}!" if place % 2 else text) for place, text in enumerate(NASTY)]


@pytest.fixture
def load(tmp_path, tiny_tokenizer):
    """What `datasets.load_dataset` reads from an exported file."""

    def read(name: str, rows: list[dict], prompt: Prompt = CHAT) -> list[dict]:
        format_ = exports.FORMATS[name]
        path = tmp_path / format_.file
        path.write_bytes(format_.content(rows, prompt, tiny_tokenizer if format_.tokenizer else None))
        options = {"keep_default_na": False} if name == "csv" else {}
        builder = path.suffix[1:].removesuffix("l")
        loaded = datasets.load_dataset(builder, data_files=str(path), split="train", cache_dir=tmp_path / "cache", **options)
        return list(loaded)

    return read


def test_csv_loads_with_every_text_as_it_was(load):
    columns = [(line["Data"], line["Questions"], line["Answers"]) for line in load("csv", ROWS)]
    assert columns == [(value["input"], value["instruction"], value["output"]) for value in ROWS]


def test_csv_is_what_rfc_4180_says():
    lines = exports.as_csv([row("a", 'b "c"', "d\re")]).decode()
    assert lines == 'Data,Questions,Answers\r\n"b ""c""",a,"d\re"\r\n'
    assert len(list(csv.reader(io.StringIO(exports.as_csv(ROWS).decode(), newline="")))) == len(ROWS) + 1


def test_finetuning_is_the_list_of_pairs_that_system_c_wrote_and_loads(load):
    assert json.loads(exports.as_finetuning(ROWS[:1])) == [[{"data": NASTY[0][::-1], "question": NASTY[0]}, {"answer": NASTY[0]}]]
    pairs = [(line["0"], line["1"]) for line in load("finetuning", ROWS)]
    assert pairs == [({"data": value["input"], "question": value["instruction"]}, {"answer": value["output"]}) for value in ROWS]


def test_finetuning_of_one_row_loads_too(load):
    assert load("finetuning", ROWS[:1])[0]["1"] == {"answer": NASTY[0]}


def test_alpaca_loads(load):
    assert load("alpaca", ROWS) == [{key: value[key] for key in ("instruction", "input", "output")} for value in ROWS]


def test_chat_formats_load_and_hold_the_turns(load):
    said = [(f"{value['instruction']}\n\n{value['input']}" if value["input"] else value["instruction"]) for value in ROWS]
    answered = [value["output"] for value in ROWS]
    for prompt in (CHAT, ALPACA):  # a template that is no chat's stays out of a turn
        openai = [[(turn["role"], turn["content"]) for turn in line["messages"]] for line in load("openai", ROWS, prompt)]
        assert openai == [[("user", ask), ("assistant", answer)] for ask, answer in zip(said, answered, strict=True)]
        lines = load("sharegpt", ROWS, prompt)
        turns = [[(turn["from"], turn["value"]) for turn in line["conversations"]] for line in lines]
        assert turns == [[("human", ask), ("gpt", answer)] for ask, answer in zip(said, answered, strict=True)]
        assert [line["id"] for line in lines] == [value["id"] for value in ROWS]


@pytest.mark.parametrize("system", ["", *NASTY])
def test_a_system_message_comes_first_in_what_is_a_chat_and_in_nothing_else(load, tiny_tokenizer, system):
    prompt = CHAT._replace(told=Told(system=system))
    openai = [[(turn["role"], turn["content"]) for turn in line["messages"]] for line in load("openai", ROWS, prompt)]
    assert {turns[0] for turns in openai} == {("system", system)} and {len(turns) for turns in openai} == {3}
    lines = [[(turn["from"], turn["value"]) for turn in line["conversations"]] for line in load("sharegpt", ROWS, prompt)]
    assert lines == [[("system", system), ("human", ask), ("gpt", answer)] for _, (_, ask), (_, answer) in openai]
    texts = [line["prompt"] for line in load("prompt_completion", ROWS, prompt)]
    assert all(text.startswith(f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n") for text in texts)
    for name in ("csv", "json", "finetuning", "alpaca", "parquet"):
        content = exports.FORMATS[name].content
        assert content(ROWS, prompt, tiny_tokenizer) == content(ROWS, CHAT, tiny_tokenizer)


def test_a_users_turn_is_put_as_the_pipeline_puts_it():
    prompt = Prompt("From: {{ input }}\nQ: {{ instruction }}", True)
    (line,) = exports.as_openai([row("ምንድን?", "ሰላም")], prompt, None).decode().splitlines()
    assert json.loads(line)["messages"][0]["content"] == "From: ሰላም\nQ: ምንድን?"


@pytest.mark.parametrize("prompt", [CHAT, ALPACA], ids=["chat", "alpaca"])
def test_prompt_completion_loads_and_gives_the_tokens_of_the_tokenize_stage(load, tiny_tokenizer, prompt):
    lines = load("prompt_completion", ROWS, prompt)
    asked = prompt_ids([line["prompt"] for line in lines], prompt, tiny_tokenizer)
    answers = token_ids([line["completion"] for line in lines], tiny_tokenizer, special_tokens=False)
    ids = [[*ask, *answer, tiny_tokenizer.eos_token_id] for ask, answer in zip(asked, answers, strict=True)]
    assert ids == [value["input_ids"] for value in tokens.encode(ROWS, prompt, tiny_tokenizer)]


def test_a_control_token_is_refused_with_its_line(tiny_tokenizer):
    with pytest.raises(BadInput, match=r"^data/seeds/v1\.jsonl:1: the text holds the control token '<\|im_end\|>'"):
        exports.as_prompt_completion([row("Q <|im_end|>")], CHAT, tiny_tokenizer)


def test_parquet_loads_with_the_origin_as_json(load):
    lines = load("parquet", ROWS)
    assert [{**line, "origin": json.loads(line["origin"])} for line in lines] == ROWS


def document(instruction: str, chunk: str, text: str, span: list | None, **origin) -> dict:
    place = {"kind": "document", "parents": ["d1"], "source": "hr/travel.md#Per diem #2", "chunk": chunk, "span": span}
    return row(instruction, text, "I don't know" if span is None else "KES 5,000", **(place | origin))


def test_the_log_groups_by_chunk_and_quotes_what_supports_an_answer(load):
    text = "የቀን አበል KES 5,000 ነው። 🙂"
    rows = [
        document("How much?", "c1", text, [8, 17]),
        document("Who?", "c2", "Another", [0, 7], source="a.txt"),
        document("When?", "c1", text, None),
        row("Hand-written"),
        row("Also"),
    ]
    loaded = load("json", rows)
    assert [(group["data"], group["document"], group["anchor"]) for group in loaded] == [
        (text, "hr/travel.md", "Per diem #2"),
        ("Another", "a.txt", ""),
        ("", None, None),
    ]
    assert loaded[0]["questions"] == [
        {"id": rows[0]["id"], "question": "How much?", "answer": "KES 5,000", "quote": "KES 5,000"},
        {"id": rows[2]["id"], "question": "When?", "answer": "I don't know", "quote": None},
    ]
    assert sum(len(group["questions"]) for group in loaded) == len(rows)


def test_the_log_loads_with_every_text_as_it_was(load):
    groups = load("json", ROWS)
    found = [(group["data"], line["question"], line["answer"]) for group in groups for line in group["questions"]]
    assert sorted(found) == sorted((value["input"], value["instruction"], value["output"]) for value in ROWS)


def test_one_text_in_two_chunks_stays_two_groups():
    rows = [document("Q", "c1", "Same", None), document("R", "c2", "Same", None)]
    assert [len(group["questions"]) for group in json.loads(exports.as_log(rows))] == [1, 1]


@pytest.mark.parametrize("span", [[0, 99], [3, 3], [-1, 2], [2], "0-3", [0, True]])
def test_a_span_outside_the_input_is_named(span):
    with pytest.raises(BadInput, match=r"^hr/travel\.md#Per diem #2: row \w+ has the span .*within the 4 characters"):
        exports.as_log([document("Q", "c1", "Text", span)])


@pytest.mark.parametrize("name", exports.FORMATS)
def test_the_same_rows_give_the_same_bytes(name, tiny_tokenizer):
    content = exports.FORMATS[name].content
    assert content(ROWS, CHAT, tiny_tokenizer) == content(json.loads(json.dumps(ROWS)), CHAT, tiny_tokenizer)
