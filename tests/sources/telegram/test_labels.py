"""Labels of messages: read, merged with decisions of a review, put beside the messages that there are."""

import pytest

from mbegu.errors import BadInput
from mbegu.sources.telegram.labels import absent, merge, read_decisions, read_hand

LINE = {"channel": "ገበያ", "id": 35, "label": "ad"}


def test_a_review_wins_over_a_label_by_hand_and_the_ledger_says_so(write_jsonl):
    others = [{"channel": "سوق", "id": -7, "label": "other"}, {"channel": "soko 🛒", "id": 2, "label": "ad"}]
    hand = read_hand(write_jsonl("labels.jsonl", [LINE, *others, others[1]]))
    reviews = [{**LINE, "label": "other", "reviewer": "Hiwot"}, {**others[1], "reviewer": "Achieng"}]
    known, changed = merge(hand, read_decisions(write_jsonl("reviews.jsonl", reviews)))
    assert {id_: (label.label, label.by) for id_, label in known.items()} == {
        "ገበያ/35": ("other", "review"), "سوق/-7": ("other", "label"), "soko 🛒/2": ("ad", "review"),
    }  # fmt: skip
    assert [(line["id"], line["action"], line["reason"]) for line in changed] == [("ገበያ/35", "changed", "edited by review")]
    assert changed[0]["row"]["label"] == "ad" and changed[0]["row"]["source"].endswith("labels.jsonl:1")


def test_each_label_of_a_message_that_is_not_there_is_a_line_with_its_place(write_jsonl):
    path = write_jsonl("labels.jsonl", [LINE, {**LINE, "id": 36}, {**LINE, "channel": "ሌላ"}])
    lines = absent(read_hand(path), ["ገበያ/35", "ገበያ/99"])
    assert [(line["id"], line["reason"], line["row"]["source"]) for line in lines] == [
        ("ገበያ/36", "no such message", f"{path}:2"), ("ሌላ/35", "no such message", f"{path}:3"),
    ]  # fmt: skip


def test_a_channel_may_be_written_in_characters_and_marks_as_macos_does(write_jsonl):
    assert list(read_hand(write_jsonl("labels.jsonl", [{**LINE, "channel": "cafe\u0301"}]))) == ["caf\u00e9/35"]


@pytest.mark.parametrize("read", [read_hand, read_decisions])
def test_contradictory_labels_name_both_lines(write_jsonl, read):
    path = write_jsonl("labels.jsonl", [LINE, {**LINE, "id": 1}, {**LINE, "label": "other"}])
    with pytest.raises(BadInput) as caught:
        read(path)
    assert str(caught.value) == f"{path}:3: calls message ገበያ/35 'other', which {path}:1 calls 'ad'; keep one of them."


PROBLEMS = {
    "no label": ({"label": ""}, "'label' is missing or empty"),
    "another label": ({"label": "Ad"}, "label 'Ad'; expected one of ad, other."),
    "no channel": ({"channel": None}, "'channel' is NoneType, expected a string"),
    "a number in quotes": ({"id": "35"}, "'id' is '35'; expected the number of a message"),
    "no number": ({"id": True}, "'id' is True; expected the number of a message"),
    "another key": ({"message": 35}, "unknown field 'message'"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_problem_names_file_and_line(write_jsonl, problem):
    changed, message = PROBLEMS[problem]
    path = write_jsonl("labels.jsonl", [LINE, {**LINE, "id": 1, **changed}])
    with pytest.raises(BadInput) as caught:
        read_hand(path)
    assert str(caught.value).startswith(f"{path}:2: {message}")


def test_labels_by_hand_must_be_there_and_decisions_need_not(tmp_path):
    with pytest.raises(BadInput, match=r"nothing.jsonl: no such file; call some messages ad and some other"):
        read_hand(tmp_path / "nothing.jsonl")
    assert read_decisions(tmp_path / "nothing.jsonl") == {}
