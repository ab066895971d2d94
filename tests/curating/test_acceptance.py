from pathlib import Path

import pytest

from mbegu.curating import acceptance, merging
from mbegu.errors import BadInput
from mbegu.rows.ledger import check_balance, entry
from mbegu.rows.reviews import read_reviews
from mbegu.rows.row import row_id


def row(instruction: str, output: str = "An answer of five words.", kind: str = "generated", line: int = 1, **origin) -> dict:
    place = {"kind": kind, "parents": [], "source": f"seeds.jsonl:{line}", **origin}
    return {"id": row_id(instruction, ""), "instruction": instruction, "input": "", "output": output, "origin": place}


def review(decision: str, output: str = "", reason: str = "") -> dict:
    return {"decision": decision, "output": output, "reason": reason, "reviewer": "A", "source": "reviews.jsonl:1"}


def test_decisions_are_applied_and_each_change_is_in_the_ledger():
    rows = [row("accepted"), row("edited"), row("rejected"), row("undecided"), row("human", kind="seed")]
    reviews = {
        rows[0]["id"]: review("accept"),
        rows[1]["id"]: review("edit", "Better."),
        rows[2]["id"]: review("reject", reason="wrong rate"),
    }
    kept, ledger = acceptance.apply_reviews(rows, reviews, "drop")
    assert [(value["instruction"], value["output"], value["origin"]["kind"]) for value in kept] == [
        ("accepted", "An answer of five words.", "reviewed"),
        ("edited", "Better.", "reviewed"),
        ("human", "An answer of five words.", "seed"),
    ]
    assert [(line["row"]["instruction"], line["action"], line["reason"]) for line in ledger] == [
        ("edited", "changed", "edited by review"),
        ("rejected", "dropped", "rejected by review: wrong rate"),
        ("undecided", "dropped", "not reviewed"),
    ]
    assert ledger[0]["row"]["output"] == "An answer of five words."
    assert len(acceptance.apply_reviews(rows, reviews, "keep")[0]) == 4


def test_a_rejection_may_do_without_a_reason(write_jsonl):
    path = write_jsonl("reviews.jsonl", [{"decision": "reject", "instruction": "ምን? 🌱\u200d"}])
    (line,) = acceptance.apply_reviews([row("ምን? 🌱\u200d")], read_reviews(path), "drop").ledger
    assert (line["action"], line["reason"]) == ("dropped", "rejected by review")


def test_drafts_that_wait_are_counted_and_the_way_on_is_named():
    rows = [row("accepted"), row("undecided"), row("grounded", kind="document"), row("human", kind="seed")]
    decided = {rows[0]["id"]: review("accept"), rows[2]["id"]: review("reject")}
    with pytest.raises(BadInput) as error:
        acceptance.check_reviewed(rows, decided, Path("data/expanded/v2.jsonl"))
    assert str(error.value) == (
        "data/expanded/v2.jsonl: 1 draft waits for a decision; run `mbegu review v2` and then `dvc repro`, or set "
        "versions.v2.unreviewed in params.yaml to drop (go on without them) or keep (train on them as they are)."
    )
    with pytest.raises(BadInput, match="3 drafts wait for a decision"):
        acceptance.check_reviewed(rows, {}, Path("v1.jsonl"))
    acceptance.check_reviewed(rows, decided | {rows[1]["id"]: review("edit", "Better.")}, Path("v1.jsonl"))


@pytest.mark.parametrize(
    ("teacher", "kept"),
    [
        ({"kind": "local", "parameters": "134515008"}, False), ({"kind": "local", "parameters": "1000000000"}, True),
        ({"kind": "local"}, False), ({"kind": "openai", "model": "m"}, True), ({"kind": "fake"}, False), ({}, False),
        ({"kind": "recorded", "by": "people"}, True), ({"kind": "recorded", "by": "openai"}, True),
        ({"kind": "recorded", "by": "local", "parameters": "134515008"}, False), ({"kind": "recorded", "by": "unknown"}, False),
    ],
)  # fmt: skip
def test_what_a_small_or_unknown_teacher_wrote_enters_only_through_a_review(teacher, kept):
    for kind in ("generated", "document"):
        found = row("ምን? 🌱", kind=kind, teacher=teacher)
        assert (acceptance.apply_reviews([found], {}, "by_teacher").kept == [found]) is kept
        assert len(acceptance.apply_reviews([found], {found["id"]: review("accept")}, "by_teacher").kept) == 1
    assert acceptance.apply_reviews([row("ad", kind="telegram")], {}, "by_teacher").kept


def test_what_people_recorded_waits_for_nobody():
    rows = [row("recorded", teacher={"kind": "recorded", "by": "people"}), row("human", kind="seed")]
    acceptance.check_reviewed(rows, {}, Path("v1.jsonl"))
    assert acceptance.apply_reviews(rows, {}, "drop").kept == rows
    assert acceptance.apply_reviews(rows, {rows[0]["id"]: review("reject")}, "drop").kept == rows[1:]


def test_a_decision_on_a_row_that_is_gone_is_named():
    assert acceptance.orphans([row("here")], {row_id("here", ""): review("accept"), "gone": review("accept")}) == [
        "reviews.jsonl:1"
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"decision": "maybe", "instruction": "Q"}, "decision 'maybe'; expected one of accept, edit, reject"),
        ({"decision": "edit", "instruction": "Q"}, "'output' is missing"),
        ({"decision": "accept", "instruction": "Q", "output": "A"}, "'accept' with an output"),
        ({"decision": "reject", "instruction": "Q", "reason": 5}, "'reason' is int, expected a string"),
        ({"decision": "accept", "instruction": "Q", "id": "0"}, "is not that of its question"),
        ({"decision": "accept"}, "'instruction' is missing"),
        ({"decision": "accept", "instruction": "Q", "revewer": "B"}, "Did you mean 'reviewer'?"),
    ],
)
def test_a_broken_review_is_one_sentence(write_jsonl, line, message):
    with pytest.raises(BadInput) as error:
        read_reviews(write_jsonl("reviews.jsonl", [line]))
    assert "reviews.jsonl:1: " in str(error.value) and message in str(error.value)


def test_two_decisions_on_one_row_are_refused_and_no_file_means_none(write_jsonl, tmp_path):
    assert read_reviews(tmp_path / "none.jsonl") == {}
    line = {"decision": "accept", "instruction": "Q"}
    with pytest.raises(BadInput, match="decides again on the row of"):
        read_reviews(write_jsonl("reviews.jsonl", [line, line]))


def test_merge_keeps_order_and_drops_duplicates_into_the_ledger():
    old = [row("How do I open a fund account today?", "A", "seed"), row("ሰላም ምንድን ነው ዛሬ ንገረኝ", "B", "seed")]
    new = [
        row("How do I open a fund account today?", "A"),
        row("How do I open a fund account today please?", "C"),
        row("New question", "D"),
    ]
    merged, ledger = merging.merge(old, new, 0.85)
    assert [value["output"] for value in merged] == ["A", "B", "D"]
    assert [(line["reason"], line["nearest"]) for line in ledger] == [
        ("duplicate", old[0]["id"]),
        ("near-duplicate", old[0]["id"]),
    ]


def test_merge_keeps_questions_that_differ_by_a_number():
    rows = [row(f"What interest does KES {amount} earn in one year at ten percent?", str(amount)) for amount in (500, 900)]
    assert merging.merge([], rows, 0.85)[0] == rows


def test_conflicting_answers_to_one_question_are_shown_both():
    with pytest.raises(BadInput) as error:
        merging.merge([row("Q", "Yes.", line=4)], [row("Q", "No.", line=9)], 0.9)
    for part in ("seeds.jsonl:4", "'Yes.'", "seeds.jsonl:9", "'No.'", "'Q'"):
        assert part in str(error.value)


def test_all_conflicts_are_named_with_their_lines():
    old = [row(text, "Yes.", line=line) for line, text in enumerate("QRS", 1)]
    new = [row(text, "No.", line=line) for line, text in enumerate("SRT", 10)]
    with pytest.raises(BadInput, match=r"^seeds.jsonl:10: .*keep one answer \(and 1 more: seeds.jsonl:11 and seeds.jsonl:2\)\.$"):
        merging.merge(old, new, 0.9)


def test_merge_compares_questions_about_one_passage_by_what_they_ask():
    passage = " ".join(f"w{number}" for number in range(80))
    asked = (
        "Who took the wheel of the mill?",
        "When did the water come?",
        "Where does he live?",
        "Who took the wheel of this mill?",
    )
    rows = [row(text, text) | {"id": row_id(text, passage), "input": passage} for text in asked]
    merged, ledger = merging.merge(rows[:1], rows[1:], 0.85)
    assert merged == rows[:3] and [(line["reason"], line["nearest"]) for line in ledger] == [("near-duplicate", rows[0]["id"])]


def test_a_question_in_other_case_with_another_answer_is_told_as_a_conflict():
    rows = [row("Which river is the longest?", "The Nile."), row("which river is the longest", "The Abay.", line=2)]
    (line,) = merging.merge([], rows, 0.85).ledger
    assert line["reason"] == "same question with another answer as seeds.jsonl:1"


def test_the_sum_of_rows_is_checked():
    dropped = [entry(row("a"), "merge", "dropped", "duplicate"), entry(row("b"), "merge", "changed", "cut")]
    check_balance(3, 2, dropped, "merge")
    with pytest.raises(AssertionError, match="3 rows in, 3 out, but 1 dropped"):
        check_balance(3, 3, dropped, "merge")
