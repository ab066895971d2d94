"""An export of any shape is read message by message, as the parser of the whole file would read it, and goes on after damage."""

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram_exports import chat, message, save, written

from mbegu.errors import BadInput
from mbegu.sources.telegram.slices import CUT, LONG, NO_OBJECT, read_chats, read_export

MANY = [message(number, f'መልእክት {number} " \\ }} ] {{ 🔥') for number in range(1, 2000)]
ACCOUNT = {
    "about": "…", "contacts": {"list": [{"first_name": "አበበ", "phone_number": "0911"}]},
    "chats": {"list": [chat([message(1, "ሀ"), message(2, ["ለ", {"type": "bold", "text": "ሐ"}])], id=1), chat([], id=2)]},
    "left_chats": {"about": "…", "list": [chat([message(-5, "Habari")], id=3, name=None)]},
}  # fmt: skip


def found(path: Path) -> tuple[list, list]:
    """Messages (or problems), and the chats' ids."""
    every = list(read_export(path))
    heads = [(one.offset, one.chat) for one in every if one.chat is not None]
    if every:  # a message may hold such a key, too
        assert [head for head in read_chats(path) if head in heads] == heads
    return [one for part in every for one in ([part.problem] if part.problem else part.messages)], [
        head.get("id") for _, head in heads
    ]


@pytest.mark.parametrize("indent", [1, 2, 4, "\t", 0, None])
@pytest.mark.parametrize("block", [64, 1000, 1 << 22])
def test_every_indentation_and_block_gives_the_same_messages(tmp_path, monkeypatch, indent, block):
    monkeypatch.setattr("mbegu.sources.telegram.window.BLOCK", block)
    messages = MANY[: 50 if block == 64 else 2000]
    path = save(tmp_path / "result.json", json.dumps(chat(messages), ensure_ascii=False, indent=indent))
    assert found(path)[0] == messages


@pytest.mark.parametrize("indent", [1, None])
def test_an_accounts_export_gives_each_chat_before_its_messages(tmp_path, indent):
    path = save(tmp_path / "result.json", json.dumps(ACCOUNT, ensure_ascii=False, indent=indent))
    messages, ids = found(path)
    assert [one["id"] for one in messages] == [1, 2, -5] and ids == [1, 2, 3]
    heads = [head for _, head in read_chats(path)]
    assert heads[2] == {"name": None, "type": "public_channel", "id": 3}


def test_concatenated_exports_are_read_one_after_the_other(tmp_path):
    path = save(tmp_path / "result.json", "\n".join(written(chat([message(1, f"ሰላም {id_}")], id=id_)) for id_ in (7, 8, 7)))
    messages, ids = found(path)
    assert [one["text"] for one in messages] == ["ሰላም 7", "ሰላም 8", "ሰላም 7"] and ids == [7, 8, 7]


@pytest.mark.parametrize("indent", [1, None])
def test_a_cut_file_gives_what_stands_before_the_cut_and_says_so(tmp_path, indent):
    text = json.dumps(chat(MANY[:100]), ensure_ascii=False, indent=indent).encode()
    for cut in (len(text) // 2, len(text) - 30, text.index(b'{"id"' if indent is None else b"\n  {") + 3):
        messages, _ = found(save(tmp_path / "result.json", text[:cut]))
        assert messages[-1] == CUT and messages[:-1] == MANY[: len(messages) - 1]


def test_an_export_behind_one_that_was_cut_is_read(tmp_path):
    whole = written(chat(MANY[:100]))
    for cut in (whole[: len(whole) // 2], whole[: whole.index("መልእክት 60")], whole[: whole.index('"id": 70')]):
        messages, ids = found(
            save(tmp_path / "result.json", cut + "\n" + written(chat([message(1, "ሀ"), message(2, "ለ")], id=9)))
        )
        assert [one["text"] for one in messages[-2:]] == ["ሀ", "ለ"] and messages[-3] == CUT and ids[-1] == 9
        assert messages[:-3] == MANY[: len(messages) - 3] and len(messages) > 50


@pytest.mark.parametrize(
    "damage", [('"text": "መልእክት 5', '"text": መልእክት 5'), ('"id": 5,', '"id": 5, {'), ('"id": 5,', '"id": 5, "'), ('"id": 5,', "}")]
)
def test_damage_does_not_reach_beyond_the_next_messages(tmp_path, damage):
    text = written(chat(MANY[:2000]))
    messages, _ = found(save(tmp_path / "result.json", text.replace(*damage, 1)))
    read = [one["id"] for one in messages if not isinstance(one, str) and one]
    assert len(read) >= 1998 and read[:4] == [1, 2, 3, 4] and read[-1] == 1999
    assert len(messages) - len(read) >= 1


def test_a_damaged_message_costs_itself_alone(tmp_path):
    text = written(chat(MANY[:9]))
    damaged = text.replace('"id": 5,', '"id": five,').encode().replace("መልእክት 7".encode(), b"caf\xe9")
    messages, _ = found(save(tmp_path / "result.json", damaged))
    assert [one if isinstance(one, str) else one["id"] for one in messages] == [
        1,
        2,
        3,
        4,
        "no JSON",
        6,
        "not UTF-8 (0xe9)",
        8,
        9,
    ]


def test_what_stands_between_messages_and_is_no_object_is_said_to_be_none(tmp_path):
    strange = [message(1, "ሀ"), [1, {"id": 5}], None, "ለ, ]", message(2, "ለ"), 7]
    for text, often in ((written(chat(strange)), 1), (json.dumps(chat(strange), ensure_ascii=False), 3)):
        messages, _ = found(save(tmp_path / "result.json", text))
        assert [one if isinstance(one, str) else one["id"] for one in messages] == [1, *[NO_OBJECT] * often, 2, NO_OBJECT]


def test_control_characters_as_telegram_writes_them(tmp_path):
    text = written(chat([message(1, "ሀ@ለ"), message(2, "ሐ\\x0B")])).replace("ሀ@ለ", r"ሀ\x0Bለ")
    messages, _ = found(save(tmp_path / "result.json", text))
    assert [one["text"] for one in messages] == ["ሀ\x0bለ", "ሐ\\x0B"]


def test_the_last_of_a_key_that_stands_twice_counts_and_half_a_surrogate_pair_does_not_stop(tmp_path):
    text = written(chat([message(1, "first"), message(2, "x")])).replace('"text": "first"', '"text": "first",\n   "text": "ሁለተኛ"')
    messages, _ = found(save(tmp_path / "result.json", text.replace('"text": "x"', r'"text": "x\ud83d"')))
    assert [one["text"] for one in messages] == ["ሁለተኛ", "x\ud83d"]


def test_a_message_of_100_mb_is_passed_in_little_memory(tmp_path):
    path = tmp_path / "result.json"
    first, last = written(chat([message(1, "ሀ"), message(2, "@"), message(3, "ለ")])).split('"text": "@"', 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(first + '"text": "')
        for _ in range(100):
            file.write("ሀ}" * (1 << 18))
        file.write('"' + last)
    tracemalloc.start()
    messages, _ = found(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one if isinstance(one, str) else one["id"] for one in messages] == [1, LONG, 3]
    assert peak < 100 << 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; export"),
        (b" \n", "is empty"),
        ('{"messages": []}'.encode("utf-16"), "is UTF-16; expected JSON in UTF-8"),
        (b"PK\x03\x04", "is a zip archive"),
        (b'{"name": "x"}', 'no "messages" in it'),
        (b"<html>", 'no "messages" in it'),
        (b'{"messages": null}', 'no "messages" in it'),
    ],
)
def test_what_is_no_export_is_said_in_one_line(tmp_path, content, said):
    path = save(tmp_path / "result.json", content)
    with pytest.raises(BadInput, match=said) as error:
        read_chats(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="No such file"):
        list(read_export(tmp_path / "result.json"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(["id", "text", "poll", "reactions", "messages"]), VALUES), max_size=8),
    st.sampled_from([None, 0, 1, 3]),
)
def test_whatever_messages_hold_they_come_out_as_the_parser_reads_the_file(tmp_path_factory, messages, indent):
    path = save(tmp_path_factory.mktemp("export") / "result.json", json.dumps({"id": 1, "messages": messages}, indent=indent))
    assert found(path)[0] == messages


def test_what_looks_like_the_end_of_an_array_is_text(tmp_path):
    strange = [
        message(1, "ሀ", reactions=[{"type": "emoji", "count": 2, "emoji": "🔥"}], text_entities=[]),
        message(2, 'a "messages": [ b', poll={"question": "?", "answers": [{"text": "]"}]}),
        {"id": 3, "type": "unsupported"},
        message(4, "\n ]\n  },", nested={"messages": 5, "more": [[1, [2]], {"x": ["]"]}]}),
        message(5, "ሐ"),
    ]
    assert found(save(tmp_path / "result.json", chat(strange)))[0] == strange
