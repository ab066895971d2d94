"""The best of several replies: rules first, then agreement; the ledger tells of the others; one sample asks as ever."""

import json

import pytest

from mbegu.asking import samples
from mbegu.asking.decoding import Decoding
from mbegu.asking.replies import Asking, Item, Problem, ask
from mbegu.asking.teachers import Teacher
from mbegu.errors import BadInput
from mbegu.text import reasons

SHAPE = {"schema": {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}}
LATE = Problem(reasons.STANDS_NOWHERE, "'May' stands nowhere in the text")


def teacher(said, each, seen):
    left = list(said)

    def respond(requests):
        for request in requests:
            seen.append(request)
            yield request, {"text": left.pop(0), "tokens": 1, "finish_reason": "stop"}

    return Teacher({"kind": "test"}, respond, len, {}, samples=each)


def reply(text):
    return json.dumps({"answer": text}, ensure_ascii=False)


def asked(said, each, tries=1, temperature=0.7):
    seen = []
    how = Asking("{{ text }}{{ problem }}{{ reply }}", "answer", tries, True, True, Decoding(8, temperature))
    check = lambda _, value: LATE if "May" in value["answer"] else None  # noqa: E731
    found, count, fresh = ask([Item({"text": "ሰላም"}, SHAPE)], how, check, teacher(said, each, seen))
    return found[0], count, fresh, seen


def test_the_sample_stays_that_agrees_with_most_and_the_ledger_tells_why_others_lost():
    said = [
        reply("On 3 June 2019."),
        reply("In May."),
        reply("It opened on 4 June 2019."),
        "none",
        reply("It was on 4 June 2019."),
    ]
    found, count, fresh, seen = asked(said, 5)
    assert found.value == {"answer": "It opened on 4 June 2019."} and (count, fresh) == (5, 1)
    assert [one.reason for one in found.lost] == [
        reasons.STANDS_NOWHERE, reasons.NO_JSON, reasons.AGREES_LESS, reasons.AGREES_LESS]  # fmt: skip
    assert [request.get("number") for request in seen] == [None, 1, 2, 3, 4] and len({request["prompt"] for request in seen}) == 1
    lines = samples.lost_lines({"id": "a"}, found.lost, "answer")
    assert {line["action"] for line in lines} == {"lost"} and lines[0]["row"]["said"] == reply("In May.")


def test_the_same_reply_twice_loses_as_such_and_emoji_and_scripts_are_compared_by_their_words():
    for text in ("አዎ፣ 350 ብር።", "ndiyo 🌱 350", "نعم\u200f 350", "a\u200bb 350"):
        found, *_ = asked([reply(text), reply(text), reply("12")], 3)
        assert found.value == {"answer": text}
        assert [one.reason for one in found.lost] == [reasons.SAME_REPLY, reasons.AGREES_LESS]


def test_if_all_break_a_rule_the_next_try_has_other_numbers_and_all_are_told():
    found, count, _, seen = asked([reply("In May."), "?", reply("May 3"), reply("4 June")], 2, tries=2)
    assert found.value == {"answer": "4 June"} and count == 4
    assert [request.get("number") for request in seen] == [None, 1, 2, 3]
    assert [one.reason for one in found.lost] == [reasons.NO_JSON, reasons.STANDS_NOWHERE]


def test_one_sample_is_asked_as_ever_and_several_at_temperature_0_are_refused():
    found, count, _, seen = asked([reply("In May."), reply("4 June")], 1, tries=2, temperature=0)
    assert found.value == {"answer": "4 June"} and found.lost == () and count == 2
    assert [request.get("number") for request in seen] == [None, 1]
    with pytest.raises(BadInput, match=r"teacher.samples: 3 replies of task answer are one and the same at temperature 0; raise"):
        asked([], 3, temperature=0)
