"""Recordings: how a reply is known, which files are refused, and what a build does without one."""

import json

import pytest

from mbegu.asking.about import about, about_key, key_of, version_of
from mbegu.asking.decoding import Decoding
from mbegu.asking.recorded import read_recordings, recorded
from mbegu.asking.settings import Recorded
from mbegu.asking.teachers import asked_for, origin_of, request, unrecorded
from mbegu.errors import BadInput

TEXTS = ["ክፍያው በዓመት 2 % ነው።", "Ada ni asilimia 2 kwa mwaka.", "Fee 😀 2\u200b %", "الرسوم 2 % سنويا"]


def line(text, answer="2 %.", version=1, **more):
    known = {"task": "answer", "version": version, "text": text, "question": "?"}
    return {"about": known, "answer": {"text": answer}, **more}


def asked(text, prompt="p", version=1, **subject):
    known = about("answer", f"{{#- version: {version} -#}}", text=text, question="?", **subject)
    return request(recorded_of({}), prompt, True, Decoding(8), about=known)


def recorded_of(identity):
    from mbegu.asking.teachers import Teacher

    return Teacher({"kind": "recorded", **identity}, lambda _: iter(()), len, {})


@pytest.mark.parametrize(
    ("template", "version"),
    [
        ("{# version: 3 #}\n{{ text }}", 3), ("{#- version: 12 -#}\n", 12), ("\ufeff{#version:2#}", 2), ("{{ text }}", 1),
        ("", 1),
        ("{{ text }}\n{# version: 3 #}", 1), ("{# version: ፫ #}", 1), ("{# version: three #}", 1),
    ],
)  # fmt: skip
def test_a_template_declares_its_version_in_its_first_line(template, version):
    assert version_of(template) == version


@pytest.mark.parametrize("text", TEXTS)
def test_a_better_sentence_keeps_a_reply_and_a_raised_version_does_not(write_jsonl, text):
    replay = recorded(Recorded(write_jsonl("r.jsonl", [line(text)]), "error"))
    for prompt in ("How much?", "How much is it, in one sentence?"):
        (answer,), _ = replay.ask([asked(text, prompt)])
        assert answer["text"] == "2 %." and answer["recording"].endswith("r.jsonl:1")
    assert replay.look_up(asked(text, version=2)) is None and replay.look_up(asked(f"{text}!")) is None


def test_white_space_and_another_form_of_a_letter_keep_a_reply():
    first = {"task": "answer", "version": 1, "text": "cafe\u0301 ya\n  asubuhi"}
    assert about_key(first) == about_key({"text": "café ya asubuhi", "version": 1, "task": "answer"})
    assert about_key(first) != about_key(first | {"task": "draft"}) and about_key(first) != about_key(first | {"version": 2})
    assert key_of(asked("a", "p")) == key_of(asked("a", "q"))


def test_order_line_ends_and_a_mark_at_the_start_do_not_matter(tmp_path, write_jsonl):
    lines = [json.dumps(line(text), ensure_ascii=False) for text in TEXTS]
    (tmp_path / "crlf.jsonl").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(reversed(lines)).encode() + b"\r\n\r\n")
    replies = read_recordings(tmp_path / "crlf.jsonl")
    assert replies.keys() == read_recordings(write_jsonl("r.jsonl", lines)).keys() and len(replies) == 4
    both = read_recordings(write_jsonl("folder/v1.jsonl", lines[:2]).parent) | read_recordings(
        write_jsonl("f/v2.jsonl", lines[2:])
    )
    assert both.keys() == replies.keys()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line("a"), line("a ", "3 %.")], "r.jsonl:2: answers what {folder}/r.jsonl:1 answers; keep one."),
        (['{"about": {"task": "answer", "ver'], "r.jsonl:1: not valid JSON"),
        ([{"about": {"task": "answer"}, "answer": {"text": "x"}}], "r.jsonl:1: 'about' has no text 'task' or no whole number"),
        (
            [{"about": {"task": "answer", "version": True}, "answer": {"text": "x"}}],
            "r.jsonl:1: 'about' has no text 'task' or no",
        ),
        ([line("a") | {"request": {}}], "r.jsonl:1: expected 'about' (or 'request') and 'answer' objects"),
        ([line("a", by="me")], "r.jsonl:1: expected 'about' (or 'request') and 'answer' objects"),
        ([line("a") | {"answer": "2 %"}], "r.jsonl:1: expected an 'answer' object with a 'text' or a 'value'."),
        ([line("a") | {"answer": {"value": [1]}}], "r.jsonl:1: expected an 'answer' object with a 'text' or a 'value'."),
        ([line("a") | {"anwser": {}}], "r.jsonl:1: unknown field 'anwser'. Did you mean 'answer'?"),
    ],
)
def test_a_file_that_is_no_recording_is_one_line(tmp_path, write_jsonl, lines, message):
    with pytest.raises(BadInput) as error:
        read_recordings(write_jsonl("r.jsonl", lines))
    assert message.format(folder=tmp_path) in str(error.value) and "\n" not in str(error.value)


def test_a_value_is_read_as_the_json_that_a_teacher_would_write(write_jsonl):
    value = {"quote": "በዓመት", "answer": "2 % 😀"}
    replay = recorded(Recorded(write_jsonl("r.jsonl", [line("a") | {"answer": {"value": value}}]), "error"))
    (answer,), _ = replay.ask([asked("a")])
    assert json.loads(answer["text"]) == value and "በዓመት" in answer["text"]


def test_a_build_says_how_many_requests_are_not_recorded_or_goes_on_without_them(write_jsonl):
    path = write_jsonl("r.jsonl", [line("a")])
    with pytest.raises(BadInput) as error:
        recorded(Recorded(path, "error")).ask([asked("a"), asked("b", "ለምን?"), asked("c")])
    assert str(error.value) == (
        f"{path}: 2 of 3 requests are not recorded (2 of task answer), the first begins 'ለምን?'; `mbegu record` lists them and "
        "takes replies, or set teacher.recorded.missing to skip."
    )
    answers, count = recorded(Recorded(path, "skip")).ask([asked("a"), asked("b")])
    assert [unrecorded(answer) for answer in answers] == [False, True] and count == 1


def test_a_round_of_which_nothing_is_recorded_is_the_end_but_the_first(write_jsonl):
    replay = recorded(Recorded(write_jsonl("r.jsonl", [line("a") | {"about": asked("a", round=1)["about"]}]), "error"))
    assert all(unrecorded(answer) for answer in replay.ask([asked("b", round=2), asked("c", round=2)])[0])
    for requests in ([asked("a", round=1), asked("b", round=1)], [asked("b", round=0)]):
        with pytest.raises(BadInput, match="are not recorded"):
            replay.ask(requests)


def test_a_row_says_who_wrote_a_recorded_reply(write_jsonl):
    by = {"kind": "local", "base": "b" * 64, "parameters": 135}
    replay = recorded(Recorded(write_jsonl("r.jsonl", [line("a"), line("b", by=by)]), "error"))
    people, model = replay.ask([asked("a"), asked("b")])[0]
    assert origin_of(replay, people)["teacher"] == {"kind": "recorded", "by": "people"}
    assert origin_of(replay, model)["teacher"] == {"kind": "recorded", "by": "local", "base": "b" * 16, "parameters": "135"}
    assert origin_of(replay, model)["recording"].endswith("r.jsonl:2")
    assert asked_for(replay, 2, ", about 2 new chunks") == "read 2 replies of a recording"
