"""Making a recording: what it lacks, replies read from a person's file, added in an order that diffs well."""

import json

import pytest

from mbegu.asking.about import key_of
from mbegu.asking.decoding import Decoding
from mbegu.asking.recorded import read_recordings
from mbegu.asking.recording import Asked, add, pending, read_replies, strays, todo
from mbegu.asking.teachers import Teacher, request
from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines
from mbegu.sources.documents.questions import schema

TEACHER = Teacher({"kind": "recorded"}, lambda _: iter(()), len, {})
NAMES = ("ሰላም", "habari 🌱", "مرحبا", "a\u200bb")


def about_(text, version=2, task="answer"):
    return {"task": task, "version": version, "text": text}


def surveyed(*texts, recorded=False, refused=""):
    requests = [request(TEACHER, f"{text}?", True, Decoding(8), about=about_(text)) for text in texts]
    return {key_of(one): Asked(one, recorded, refused) for one in requests}


def line(text, answer="Yes.", **known):
    return {"about": about_(text, **known), "answer": answer}


def test_what_is_not_recorded_is_a_file_with_a_place_for_each_reply():
    asked = surveyed(*NAMES) | surveyed("known", recorded=True)
    lines = todo(pending(asked).values())
    assert sorted(one["about"]["text"] for one in lines) == sorted(NAMES) and {one["answer"] for one in lines} == {None}
    assert lines[0]["prompt"] == f"{lines[0]['about']['text']}?" and lines[0]["reply"] == "a text, as the prompt asks for it"
    shaped = request(TEACHER, "p", True, Decoding(8), shape={"schema": schema(2, 60)}, about=about_("a"))
    assert todo([shaped])[0]["reply"] == (
        "an object of question_1, question_2: a question of one line and less than 60 characters with one question mark, at its "
        "end. Needed: question_1"
    )


def test_replies_are_texts_objects_or_left_open(write_jsonl):
    lines = [
        line("ሰላም", " ደህና። "),
        line("مرحبا", {"quote": "", "answer": "x"}),
        line("habari 🌱", None),
        line("a\u200bb", {"text": "t"}),
    ]
    given = read_replies(write_jsonl("todo.jsonl", lines), surveyed(*NAMES), {})
    assert [one["answer"] for one in given.lines.values()] == [
        {"text": "ደህና።"}, {"value": {"quote": "", "answer": "x"}}, {"text": "t"}]  # fmt: skip
    assert (given.problems, given.open) == ([], 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (line("nobody"), "nobody asks this (task 'answer'); copy 'about' from `mbegu record --out`."),
        (line("ሰላም", version=1), "answers version 1 of the template of task 'answer', but version 2 is asked; copy 'about'"),
        (line("first"), "answers what {file}:1 answers; keep one."),
        (line("known"), "answers what {recording}:1 answers already; edit that line."),
        (line("ሰላም", 7), "expected an 'answer' object with a 'text' or a 'value'."),
        ({"answer": "x"}, "expected 'about' (or 'request') and 'answer' objects"),
        (line("ሰላም") | {"about": {"task": "answer"}}, "'about' has no text 'task' or no whole number 'version'"),
    ],
)
def test_a_reply_that_nobody_asks_for_is_named_and_the_others_are_taken(write_jsonl, wrong, said):
    recording = write_jsonl("r.jsonl", [line("known", {"text": "x"})])
    file = write_jsonl("todo.jsonl", [line("first"), wrong, line("habari 🌱")])
    given = read_replies(file, surveyed("first", "known", *NAMES), read_recordings(recording))
    (problem,) = given.problems
    assert problem.startswith(f"{file}:2: ") and said.format(file=file, recording=recording) in problem
    assert [one["about"]["text"] for one in given.lines.values()] == ["first", "habari 🌱"]


def test_a_cut_file_of_replies_is_one_line_and_adds_nothing(write_jsonl):
    with pytest.raises(BadInput, match=r"todo.jsonl:2: not valid JSON"):
        read_replies(write_jsonl("todo.jsonl", [line("ሰላም"), '{"about": {"task": "ans']), surveyed(*NAMES), {})


def test_a_recording_is_sorted_so_that_a_new_reply_is_one_new_line(tmp_path):
    lines = [{"about": about_(text), "answer": {"text": "x"}} for text in NAMES]
    exported = {"request": {"prompt": "p"}, "answer": {"text": "y"}}
    for name, order in (("a", 1), ("b", -1)):
        add(tmp_path / name, [exported])
        for one in lines[::order]:
            add(tmp_path / name, [one])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    before = (tmp_path / "a").read_text("utf-8").splitlines()
    add(tmp_path / "a", [{"about": about_("b") | {"question": "ለምን?"}, "answer": {"value": {"answer": "x"}}}])
    after = (tmp_path / "a").read_text("utf-8").splitlines()
    assert (
        [one for one in after if one in before] == before and len(after) == len(before) + 1 and after[-1] == json.dumps(exported)
    )
    assert len(list(read_lines(tmp_path / "a", ("about", "request", "answer")))) == 6


def test_recorded_replies_that_nothing_asks_for_are_said_by_kind(write_jsonl):
    lines = [line("gone", {"text": "x"}), line("away", {"text": "x"}), line("here", {"text": "x"}, version=1)]
    path = write_jsonl("r.jsonl", lines)
    known = read_recordings(path)
    assert strays(known, surveyed("other")) == [
        f"{path}:1: none of 3 replies is asked for; this recording was made for another project."
    ]
    said = strays(known, surveyed("here") | surveyed("kept", recorded=True))
    assert said == [
        f"{path}:1: nobody asks this (task 'answer'): 2 replies",
        f"{path}:3: answers version 1 of the template of task 'answer', but version 2 is asked: 1 replies",
    ]
    assert strays(known, {key: Asked({"about": one.about, "prompt": ""}, True, "") for key, one in known.items()}) == []
