"""Records of other shapes: conversations, passages with questions, tool calls, merged rows."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_unreadable import write

from mbegu.errors import BadInput
from mbegu.rows.ledger import check_balance
from mbegu.sources.sets.columns import load
from mbegu.sources.sets.record import Record
from mbegu.sources.sets.records import read
from mbegu.sources.sets.settings import Columns

COLUMNS = Columns("instruction", "input", "output")


def user(text: str) -> dict:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict:
    return {"role": "assistant", "content": text}


TURNS = [user("ሰላም?"), assistant("ሰላም! 🙂"), user("كيف الحال؟"), assistant("Nzuri."), user("Bye")]
ROWS = [
    ("ሰላም?", "", "ሰላም! 🙂"),
    ("كيف الحال؟", "User: ሰላም?\n\nAssistant: ሰላም! 🙂", "Nzuri."),
]  # fmt: skip
SYSTEM = {"role": "system", "content": "Be kind."}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"type": "function", "function": {"name": "rate", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "content": "57.2"}


def as_sharegpt(turns: list[dict]) -> list[dict]:
    names = {"user": "human", "assistant": "gpt"}
    return [{"from": names.get(turn["role"], turn["role"]), "value": turn["content"]} for turn in turns]


def loaded(tmp_path, record: dict, columns: Columns = COLUMNS, **how):
    path = write(tmp_path / "a.jsonl", json.dumps(record, ensure_ascii=False) + "\n")
    found, count = load(str(path), read(str(path), "auto", "train"), columns, 0, **how)
    check_balance(count, len(found.kept), found.ledger, "load")
    return found


def texts(found) -> list[tuple[str, str, str]]:
    return [(row["instruction"], row["input"], row["output"]) for row in found.kept]


CHATS = {
    "messages": ({"messages": TURNS, "id": 7}, COLUMNS),
    "ShareGPT": ({"conversations": as_sharegpt(TURNS)}, COLUMNS),
    "a column that is named": ({"talk": TURNS}, Columns("talk", "", "talk")),
    "prompt and completion": ({"prompt": TURNS[:3], "completion": TURNS[3:]}, Columns("prompt", "", "completion")),
    "prompt and an answer": ({"prompt": TURNS[:3], "answer": "Nzuri."}, Columns("prompt", "", "answer")),
    "a question and completion": ({"prompt": "ሰላም?", "completion": TURNS[1:4]}, Columns("prompt", "", "completion")),
}  # fmt: skip


@pytest.mark.parametrize("name", CHATS)
def test_a_conversation_is_a_row_for_each_answer_with_the_turns_before_it_as_input(name, tmp_path):
    record, columns = CHATS[name]
    found = loaded(tmp_path, record, columns)
    assert texts(found) == ROWS
    open_question = "Bye" if name in ("messages", "ShareGPT", "a column that is named", "prompt and completion") else None
    assert [(line["reason"], line["row"]["instruction"]) for line in found.ledger] == (
        [("empty output", open_question)] if open_question else []
    )
    place = f"{tmp_path / 'a.jsonl'}:1"
    assert [row["origin"] for row in found.kept] == [{"kind": "seed", "parents": [place], "source": place}] * 2


def test_a_single_turn_has_no_input(tmp_path):
    found = loaded(tmp_path, {"messages": TURNS[:2]})
    assert texts(found) == ROWS[:1] and found.kept[0]["origin"]["parents"] == []


def test_a_system_turn_and_a_system_column_stand_before_the_turns(tmp_path):
    expected = [(ROWS[0][0], "System: Be kind.", ROWS[0][2]), (ROWS[1][0], f"System: Be kind.\n\n{ROWS[1][1]}", ROWS[1][2])]
    assert texts(loaded(tmp_path, {"messages": [SYSTEM, *TURNS[:4]]})) == expected
    found = loaded(tmp_path, {"messages": TURNS[:2], "system": "Be kind."}, context=["system"])
    assert texts(found) == [("ሰላም?", "Be kind.", "ሰላም! 🙂")]


def test_odd_orders_of_turns_lose_nothing(tmp_path):
    greeting = loaded(tmp_path, {"messages": [assistant("Karibu!"), *TURNS[:2]]})
    assert texts(greeting) == [("ሰላም?", "Assistant: Karibu!", "ሰላም! 🙂")]
    assert [line["reason"] for line in greeting.ledger] == ["empty instruction"]
    twice = loaded(tmp_path, {"messages": [user("one"), user("two"), assistant("a"), assistant("b")]})
    assert texts(twice) == [("one\n\ntwo", "", "a"), ("one\n\ntwo", "User: one\n\ntwo\n\nAssistant: a", "b")]
    assert [
        line["reason"] for line in loaded(tmp_path, {"messages": [user("q"), assistant("a"), user("r"), assistant("")]}).ledger
    ] == ["empty output"]


def test_tool_calls_are_kept_as_text_where_a_key_says_so(tmp_path):
    record = {"messages": [user("ብር?"), CALL, RESULT, assistant("57.2 it is.")]}
    call = json.dumps(CALL["tool_calls"], ensure_ascii=False)
    assert texts(loaded(tmp_path, record, tool_calls=True)) == [
        ("ብር?", "", call),
        ("ብር?", f"User: ብር?\n\nAssistant: {call}\n\nTool: 57.2", "57.2 it is."),
    ]
    without = loaded(tmp_path, record)
    assert texts(without) == [("ብር?", "User: ብር?\n\nTool: 57.2", "57.2 it is.")]
    assert [(line["reason"], line["row"]["instruction"]) for line in without.ledger] == [("tool call", "ብር?")]
    named = {"conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": "{}"},
                               {"from": "observation", "value": "5"}, {"from": "gpt", "value": "Five."}]}  # fmt: skip
    assert texts(loaded(tmp_path, named, tool_calls=True))[0] == ("q", "", "{}")


def test_what_is_more_than_text_is_named(tmp_path):
    parts = [{"type": "text", "text": "What is"}, {"type": "text", "text": "this?"}]
    assert texts(loaded(tmp_path, {"messages": [{"role": "user", "content": parts}, assistant("a")]})) == [
        ("What is\nthis?", "", "a")
    ]
    path = write(tmp_path / "b.jsonl", "\n".join(json.dumps(record) for record in (
        {"messages": TURNS[:2]}, {"messages": [{"role": "user", "content": [*parts, {"type": "image"}]}, assistant("a")]},
        {"messages": TURNS[:2]}, {"messages": [{"role": "narrator", "content": "x"}]}, {"messages": TURNS[:2]},
    )))  # fmt: skip
    found, _ = load("b", read(str(path), "auto", "train"), COLUMNS, 0)
    assert len(found.kept) == 3
    assert [line["reason"] for line in found.ledger] == [
        "wrong type: a turn of 'user' is not text alone", "wrong type: a turn of 'narrator' is not text alone",
    ]  # fmt: skip


SQUAD = Columns("question", "context", "answers")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"text": ["ብር 5", "5"], "answer_start": [3, 7]}, "ብር 5"),
        ({"text": ["a"], "answer_start": [0]}, "a"),
        ({"text": [], "answer_start": []}, None),
    ],
)
def test_answers_of_squad(answers, expected, tmp_path):
    rows = [{"question": "q", "context": "c", "answers": answers}, {"question": "r", "context": "c", "answers": "a"}]
    path = write(tmp_path / "a.json", json.dumps(rows))
    found, _ = load("a", read(str(path), "auto", "train"), SQUAD, 0)
    assert texts(found)[:-1] == ([("q", "c", expected)] if expected else [])
    assert [line["reason"] for line in found.ledger] == ["made text: output was dict of 2" if expected else "empty output"]


def test_squad_as_it_is_published(tmp_path):
    asked = [
        {"id": "1", "question": "q", "answers": [{"text": "a", "answer_start": 0}]},
        {"id": "2", "question": "r", "answers": []},
    ]
    articles = [{"title": "t", "paragraphs": [{"context": "c", "qas": asked}, {"context": "d", "qas": asked[:1]}]}]
    path = write(tmp_path / "a.json", json.dumps({"version": "1.1", "data": articles}))
    found, count = load("a", read(str(path), "auto", "train"), SQUAD, 0)
    assert count == 3 and texts(found) == [("q", "c", "a"), ("q", "d", "a")]
    assert [line["reason"] for line in found.ledger if line["action"] == "dropped"] == ["empty output"]


@pytest.mark.parametrize(
    "record",
    [{"messages": [SYSTEM]}, {"messages": [SYSTEM, RESULT]}, {"paragraphs": []}, {"paragraphs": [{"context": "c", "qas": []}]}],
)
def test_a_record_that_holds_no_row_is_a_line_of_the_ledger(record, tmp_path):
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, [{"messages": TURNS[:2]}, record])))
    found, count = load("a", read(str(path), "auto", "train"), COLUMNS, 0)
    assert count == 2 and [line["reason"] for line in found.ledger] == ["empty instruction"]


def test_a_column_of_paragraphs_beside_a_question_is_no_article(tmp_path):
    found = loaded(tmp_path, {"instruction": "q", "input": "", "output": "a", "paragraphs": ["x"]})
    assert texts(found) == [("q", "", "a")]


MERGED = [
    "An answer.\n\n## 12. Instruction: ስንት ነው?\n12. Input: 5 ብር\n12. Output: አምስት",
    "An answer. ### 12. Instruction: ስንት ነው?\nInput:\n5 ብር\nOutput:\nአምስት",
    "An answer.\n12. Instruction: ስንት ነው?\n### Input: 5 ብር\n### Output: አምስት",
]


@pytest.mark.parametrize("output", MERGED)
def test_rows_that_a_lost_line_end_made_one_are_two(output, tmp_path):
    found = loaded(tmp_path, {"instruction": "q", "input": "x", "output": output})
    assert texts(found) == [("q", "x", "An answer."), ("ስንት ነው?", "5 ብር", "አምስት")]
    assert [(line["action"], line["reason"]) for line in found.ledger] == [
        ("changed", "repaired: rows that a lost line end made one")
    ] * 2
    assert (
        loaded(tmp_path, {"instruction": "q", "input": "", "output": "1. Instruction manuals: read them.\nInput: a"}).ledger == []
    )


NAMES = ("messages", "role", "content", "from", "value", "tool_calls", "paragraphs", "qas", "answers", "instruction", "output")
SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from(["user", "assistant", "gpt", "human", "ሰላም", "", "tool"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4), max_leaves=12
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4), min_size=1, max_size=3))
def test_any_object_is_rows_or_lines_of_the_ledger(records):
    found = [Record(f"a:{number}", record) for number, record in enumerate(records, 1)]
    try:
        kept, count = load("a", found, COLUMNS, 0, context=["value"], tool_calls=True, unreadable=1.0)
    except BadInput:
        return
    check_balance(count, len(kept.kept), kept.ledger, "load")
    assert count >= len(records)
    named = {line["row"]["origin"]["source"] for line in kept.ledger} | {row["origin"]["source"] for row in kept.kept}
    assert named == {record.where for record in found}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    from tiny import make_model
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(make_model(tmp_path_factory.mktemp("model")))


def test_each_answer_of_a_conversation_is_learned_once_and_what_stands_before_it_is_only_read(tokenizer, tmp_path):
    from mbegu.asking.prompts import Prompt
    from mbegu.training.tokens import encode

    rows = loaded(tmp_path, {"messages": [SYSTEM, *TURNS[:4]]}).kept
    encoded = encode(rows, Prompt("{{ instruction }}{% if input %}\n\n{{ input }}{% endif %}", True), tokenizer)
    learned = [tokenizer.decode(one["input_ids"][one["completion_start"] :]) for one in encoded]
    read_only = [tokenizer.decode(one["input_ids"][: one["completion_start"]]) for one in encoded]
    assert learned == ["ሰላም! 🙂<|im_end|>", "Nzuri.<|im_end|>"]
    assert "ሰላም! 🙂" not in read_only[0] and "Assistant: ሰላም! 🙂" in read_only[1] and "Be kind." in read_only[1]
