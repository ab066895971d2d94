"""The memo survives rot, is shared, and says what a build would ask."""

import json
import sqlite3

import pytest

from mbegu.asking.decoding import Decoding
from mbegu.asking.forecast import forecast
from mbegu.asking.memo import export_lines, import_lines, open_memo, recall, remember
from mbegu.asking.recorded import recorded
from mbegu.asking.settings import Planning, Recorded
from mbegu.asking.teachers import Teacher, request
from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines, write_lines


def teacher(memo, name="t"):
    def respond(requests):
        for one in requests:
            yield one, {"text": f"ሰላም {one['prompt']}", "tokens": 4, "finish_reason": "stop"}

    return Teacher({"kind": name}, respond, len, memo)


def requests(who, *prompts):
    return [request(who, prompt, True, Decoding(10)) for prompt in prompts]


def ask(who, *prompts):
    return who.ask(requests(who, *prompts))


def planned(who, work):
    return forecast(Planning(plan=True), who, work)


def rot(folder, value):
    with sqlite3.connect(folder / "cache.db") as database:
        database.execute("UPDATE Cache SET value = ? WHERE length(key) > 20", (value,))


@pytest.mark.parametrize("value", [b"not zlib", b"", 7, None])
def test_a_rotten_entry_is_asked_again(tmp_path, value):
    with open_memo(tmp_path) as memo:
        ask(teacher(memo), "a")
    rot(tmp_path, value)
    with open_memo(tmp_path) as memo:
        answers, asked = ask(teacher(memo), "a")
        assert asked == 1 and answers[0]["text"] == "ሰላም a"
        assert ask(teacher(memo), "a") == (answers, 0)


def test_an_answer_that_was_changed_by_hand_is_asked_again(tmp_path):
    with open_memo(tmp_path) as memo:
        (one,) = requests(teacher(memo), "a")
        remember(memo, one, {"text": "x"})
        (key,) = [key for key in memo if len(key) > 20]
        memo[key] = {**memo[key], "answer": {"text": "forged"}}
        assert recall(memo, one) is None


def test_a_broken_database_and_a_newer_format_are_one_clear_line(tmp_path, capsys):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/cache.db").write_bytes(b"this is no database, but long enough to look like a file" * 50)
    with open_memo(tmp_path / "broken") as memo:
        assert ask(teacher(memo), "a")[1] == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "the memo was damaged (file is not a database). 0 answers" in line and "broken.broken-1; delete that" in line
    with open_memo(tmp_path / "newer") as memo:
        memo["format"] = 99
    with pytest.raises(BadInput, match="a memo of format 99"), open_memo(tmp_path / "newer"):
        pass


def test_a_colleague_imports_what_was_exported_and_asks_nothing(tmp_path):
    prompts = ("a", "b", "ሐ")
    with open_memo(tmp_path / "mine") as memo:
        answers, _ = ask(teacher(memo), *prompts)
        write_lines(tmp_path / "answers.jsonl", export_lines(memo))
    with open_memo(tmp_path / "theirs") as memo:
        assert import_lines(memo, read_lines(tmp_path / "answers.jsonl", ("request", "answer"))) == (3, 0)
        assert import_lines(memo, read_lines(tmp_path / "answers.jsonl", ("request", "answer"))) == (0, 3)
        assert ask(teacher(memo), *prompts) == (answers, 0)


def test_exports_are_the_same_bytes_whatever_the_order(tmp_path):
    for name, prompts in {"one": "abc", "two": "cba"}.items():
        with open_memo(tmp_path / name) as memo:
            for prompt in prompts:
                ask(teacher(memo), prompt)
            write_lines(tmp_path / f"{name}.jsonl", export_lines(memo))
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_an_import_of_something_else_names_the_line(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"request": {}, "answer": {}}\n{"request": 3}\n')
    with open_memo(tmp_path / "m") as memo, pytest.raises(BadInput, match=r"x.jsonl:2: expected an object with 'request'"):
        import_lines(memo, read_lines(tmp_path / "x.jsonl", ("request", "answer")))


def test_a_recording_replays_and_names_what_it_lacks(tmp_path):
    with open_memo(tmp_path / "memo") as memo:
        answers, _ = ask(teacher(memo), "a", "b")
        write_lines(tmp_path / "r.jsonl", export_lines(memo))
    replay = recorded(Recorded(tmp_path / "r.jsonl", "error"))
    found, asked = ask(replay, "a", "b")
    assert asked == 2 and [{key: one[key] for key in answers[0]} for one in found] == answers
    assert sorted(one["recording"] for one in found) == [f"{tmp_path}/r.jsonl:{line}" for line in (1, 2)]
    assert [one["by"] for one in found] == [{"kind": "t"}] * 2
    with pytest.raises(BadInput, match=r"r.jsonl: 1 of 2 requests are not recorded \(1 of task other\), the first begins 'ሌላ'"):
        ask(replay, "a", "ሌላ")


def test_a_recording_without_answers_names_the_line(tmp_path):
    (tmp_path / "r.jsonl").write_text(json.dumps({"request": {}, "answer": "text"}) + "\n")
    with pytest.raises(BadInput, match=r"r.jsonl:1: expected"):
        recorded(Recorded(tmp_path / "r.jsonl", "error"))


def test_a_forecast_counts_and_asks_nobody(tmp_path):
    def never(_):
        raise AssertionError("asked")

    with open_memo(tmp_path) as memo:
        who = teacher(memo)
        ask(who, "a")
        work = {"Drafts": lambda asked: ask(asked, "a", "bcd", "efg")}
        lines = planned(who._replace(respond=never), work)
        assert lines[0] == "Drafts: 3 requests, 1 memoized, 2 to ask"
        assert lines[1].startswith("To ask: 2 requests, 6 prompt tokens, at most 20 generated; about 1 min at ")
        ask(who, "bcd", "efg")
        assert planned(who, work)[-1] == "To ask: 0 requests"


def test_a_forecast_without_a_first_run_knows_no_time(tmp_path):
    with open_memo(tmp_path) as memo:
        work = {"Drafts": lambda asked: ask(asked, "a")}
        assert planned(teacher(memo, "new"), work)[-1].endswith("time unknown before a first run")
