"""Typed replies: what is accepted, what is sent back, what is given up."""

import json

import pytest

from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import open_memo, recall
from mbegu.asking.replies import Asking, Item, ask, parse, read_template
from mbegu.asking.teachers import Teacher, refusal
from mbegu.errors import BadInput
from mbegu.sources.documents.questions import alike, schema

GOOD = {"question_1": "Ada ni ngapi?", "question_2": "ማን ይከፍላል?", "question_3": "Who pays 2 %?"}
TEMPLATE = "{{ text }}{% if problem %} REFUSED {{ problem }} SAID {{ reply }}{% endif %}"


def asking(tries=3, template=TEMPLATE):
    return Asking(template, "questions", tries, True, True, Decoding(50))


def speaker(says):
    """A teacher that answers a prompt by a function, and notes what it was asked."""
    asked = []

    def respond(requests):
        for request in requests:
            asked.append(request)
            yield request, {"text": says(request["prompt"]), "tokens": 1, "finish_reason": "stop"}

    return Teacher({"kind": "fake"}, respond, len, None, ("<|im_end|>",)), asked


def run(tmp_path, says, texts=("passage",), tries=3):
    teacher, asked = speaker(says)
    items = [Item({"text": text}, {"schema": schema(3, 100)}) for text in texts]
    with open_memo(tmp_path / "memo") as memo:
        teacher = teacher._replace(memo=memo)
        return *ask(items, asking(tries), lambda _, value: alike(list(value.values())), teacher), asked


def test_prose_around_the_json_is_passed_over():
    text = f"Sure! Here it is: ```json\n{json.dumps(GOOD, ensure_ascii=False)}\n``` Anything {{else}}?"
    assert parse(text, schema(3, 100)) == (GOOD, None)


@pytest.mark.parametrize(
    ("reply", "reason", "told"),
    [
        ("I would ask who pays.", "reply without JSON", "no JSON object"),
        ('{"question_1": "Who?", ', "reply without JSON", "no JSON object"),
        ('{"question_1": "Who?",}', "reply without JSON", "not valid JSON"),
        (json.dumps({"questions": list(GOOD.values())}), "reply of another shape", "question_1"),
        ("{}", "reply of another shape", "question_1"),
        (json.dumps(GOOD | {"question_4": "And then?"}), "reply of another shape", "question_4"),
        (json.dumps(GOOD | {"question_3": 3}), "reply of another shape", "question_3"),
        (json.dumps(GOOD | {"question_3": "Tell me."}), "reply of another shape", "question_3"),
        (json.dumps(GOOD | {"question_3": "W" + "h" * 200 + "?"}), "reply of another shape", "question_3"),
        (json.dumps(dict.fromkeys(GOOD, "Who pays the fee?")), "the same question twice", "questions 1 and 2"),
        (json.dumps(GOOD | {"question_3": "… — … ?"}), "question without words", "question 3"),
        (json.dumps(GOOD | {"question_3": "Is it <|im_end|>?"}), "control token in the reply", "control tokens"),
        ("{" * 5000, "reply without JSON", "no JSON object"),
    ],
)  # fmt: skip
def test_a_reply_that_is_wrong_is_sent_back_with_the_problem_and_then_given_up(tmp_path, reply, reason, told):
    (found,), count, fresh, asked = run(tmp_path, lambda _: reply)
    assert found.value is None and found.problem.reason == reason
    assert told in found.problem.detail and "<|" not in found.problem.detail
    if reason != "control token in the reply":
        assert len(asked) == count == 3 and told in asked[1]["prompt"] and reply[:20] in asked[2]["prompt"]
    assert fresh == 1


def test_a_second_reply_may_be_right_and_only_the_wrong_is_asked_again(tmp_path):
    good = json.dumps(GOOD, ensure_ascii=False)
    replies, *_, asked = run(tmp_path, lambda prompt: good if "REFUSED" in prompt or "b" in prompt else "No.", ("a", "b"))
    assert [(reply.value, reply.problem) for reply in replies] == [(GOOD, None), (GOOD, None)]
    assert [request["prompt"][0] for request in asked] == ["a", "b", "a"]
    assert run(tmp_path, lambda _: "Not asked.", ("a", "b")) == (replies, 0, 0, [])


def test_the_same_prompt_is_another_request_at_the_next_try(tmp_path):
    teacher, asked = speaker(lambda _: "No.")
    with open_memo(tmp_path / "memo") as memo:
        ask([Item({"text": "a"}, {"schema": schema(1, 50)})], asking(2, "{{ text }}{# #}{{ problem[:0] }}{{ reply[:0] }}"),
            lambda *_: None, teacher._replace(memo=memo))  # fmt: skip
    assert asked[0]["prompt"] == asked[1]["prompt"] and asked[0] != asked[1]


def test_a_passage_that_spells_a_control_token_is_not_asked_about(tmp_path):
    (spoiled, fine), *_, asked = run(tmp_path, lambda _: json.dumps(GOOD), ("end <|im_end|>", "fine"))
    assert spoiled.problem.reason == "control token in the passage" and fine.value == GOOD
    assert [request["prompt"] for request in asked] == ["fine"]


def test_the_shape_is_part_of_a_request_only_if_the_teacher_is_held_to_it(tmp_path):
    teacher, asked = speaker(lambda _: json.dumps(GOOD))
    item = Item({"text": "a"}, {"schema": schema(3, 100)})
    with open_memo(tmp_path / "memo") as memo:
        for constrained in (True, False):
            ask([item], asking()._replace(constrained=constrained), lambda *_: None, teacher._replace(memo=memo))
    assert [request.get("shape") for request in asked] == [item.shape, None]


def test_a_missing_template_is_one_line(tmp_path):
    with pytest.raises(BadInput, match=r"answer\.jinja: No such file.*templates/grounded"):
        read_template(tmp_path, "answer")


def test_a_template_that_names_something_unknown_is_one_line(tmp_path):
    teacher, _ = speaker(lambda _: "")
    with open_memo(tmp_path / "memo") as memo, pytest.raises(BadInput, match=r"questions\.jinja: 'txt' is undefined"):
        ask([Item({"text": "a"}, {"schema": {}})], asking(1, "{{ txt }}"), lambda *_: None, teacher._replace(memo=memo))


def test_a_draft_in_the_reasoning_is_no_reply(tmp_path):
    good, draft = json.dumps(GOOD, ensure_ascii=False), json.dumps(dict.fromkeys(GOOD, "Draft?"))
    (found,), *_ = run(tmp_path, lambda _: f"<think>Perhaps {draft}? No.</think>{good}")
    assert found.value == GOOD
    (found,), *_, asked = run(tmp_path / "unclosed", lambda _: f"<think>Perhaps {good}")
    assert found.problem.reason == "reply without JSON" and len(asked) == 3


def test_a_prompt_that_is_refused_is_given_up_at_once(tmp_path):
    teacher, asked = speaker(str)
    teacher = teacher._replace(
        respond=lambda requests: ((asked.append(one) or one, refusal("HTTP 400: ማጣሪያ")) for one in requests)
    )
    with open_memo(tmp_path / "memo") as memo:
        items = [Item({"text": "a"}, {"schema": schema(3, 100)})]
        (found,), count, _ = ask(items, asking(3), lambda *_: None, teacher._replace(memo=memo))
        assert (found.value, found.problem.reason) == (None, "refused by the endpoint: HTTP 400: ማጣሪያ")
        assert count == len(asked) == 1 and found.request in asked
        assert recall(memo, found.request) is None
