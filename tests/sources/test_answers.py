"""Questions about chunks, answers that their passage supports, and questions that it does not answer."""

import json
import re

import pytest

from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import open_memo
from mbegu.asking.replies import Asking, parse
from mbegu.asking.teachers import Teacher
from mbegu.metrics.faithfulness import k_precision
from mbegu.rows.lineage import side
from mbegu.rows.row import row_id
from mbegu.sources.documents import answers, questions
from mbegu.sources.documents.settings import Answer, Question
from mbegu.text.settings import Locale

PASSAGE = "The fee is 2 %\n  a year. በየወሩ ይከፈላል። It is paid “monthly” 😀."


def chunk(number, text=None, document=None):
    text = text or f"Branch {number} opens at {number} and closes at noon."
    return {"id": f"c{number}", "document": document or f"d{number // 3}", "path": f"p{number // 3}.md", "title": "T",
            "anchor": f"A{number}", "page": None, "start": 0, "end": len(text), "text": text}  # fmt: skip


def asking(template):
    return Asking(template, "t", 2, True, False, Decoding(50))


def teacher(says, memo):
    return Teacher({"kind": "fake"}, lambda requests: ((one, {"text": says(one["prompt"]), "tokens": 1, "finish_reason": "stop"})
                                                       for one in requests), len, memo)  # fmt: skip


def invent(tmp_path, chunks, most=0, count=2, precision=0.0):
    def says(prompt):
        name = re.search(r"Branch (\S+)", prompt)[1]
        return json.dumps({f"question_{k}": f"{word} does branch {name} {verb}?" for k, (word, verb) in
                           enumerate([("When", "open in the morning"), ("Why", "close so early")][:count], 1)})  # fmt: skip

    with open_memo(tmp_path / "memo") as memo:
        how = asking("{{ text }}{% set _ = (problem, reply, source, count) %}")
        return questions.invent(chunks, Question(count, 0, 80, precision, most), how, teacher(says, memo))


def test_a_question_is_a_row_whose_input_is_the_chunk_and_whose_parent_is_the_document(tmp_path):
    found, asked, fresh = invent(tmp_path, [chunk(1)])
    row = found.kept[0]
    assert row["instruction"] == "When does branch 1 open in the morning?" and row["input"] == chunk(1)["text"]
    assert row["output"] == "" and row["id"] == row_id(row["instruction"], row["input"])
    assert row["origin"] == {"kind": "document", "parents": ["d0"], "source": "p0.md#A1", "chunk": "c1",
                             "teacher": {"kind": "fake"}, "question_request": row["origin"]["question_request"]}  # fmt: skip
    assert len(found.kept) == 2 and (asked, fresh, found.ledger) == (1, 1, [])


def test_an_edited_document_asks_only_about_its_changed_chunks(tmp_path):
    chunks = [chunk(number) for number in range(6)]
    first, _, first_fresh = invent(tmp_path, chunks)
    edited = [*chunks[:3], chunk(3, "Branch 3 opens at 9 now."), *chunks[4:]]
    again, asked, fresh = invent(tmp_path, edited)
    assert (first_fresh, fresh, asked) == (6, 1, 1)
    assert [row for row in again.kept if row["origin"]["chunk"] != "c3"] == [
        row for row in first.kept if row["origin"]["chunk"] != "c3"
    ]


def test_chunks_beyond_the_number_go_to_the_ledger_and_the_choice_is_stable(tmp_path):
    chunks = [chunk(number) for number in range(10)]
    found, *_ = invent(tmp_path, chunks, most=4)
    assert len(found.kept) == 8 and len(found.ledger) == 6
    assert {line["reason"] for line in found.ledger} == {"beyond the number of chunks"}
    chosen, _ = questions.choose(chunks, 4)
    fewer, _ = questions.choose(chunks[::-1][1:], 4)
    assert len({one["id"] for one in chosen} & {one["id"] for one in fewer}) >= 3


def test_questions_about_something_else_go_to_the_ledger(tmp_path):
    assert questions.problem_of(["When does branch 1 close?", "Who opens branch 1?"], chunk(1)["text"], 0.4, 80) is None
    assert questions.problem_of(["ስንት ነው?"], PASSAGE, 0.5, 80).reason == "question about something else"
    found, asked, _ = invent(tmp_path, [chunk(1)], precision=0.9)
    assert found.kept == [] and found.ledger[0]["reason"] == "question about something else"
    assert asked == 2  # it was sent back once


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The fee is 2 %?", None), ("ክፍያው ስንት ነው፧", None), ("هل الرسوم شهرية؟", None), ("Je, ada ni kiasi gani?", None),
        ("Is it 2 %? Or 3 %?", "reply of another shape"), ("What\nis it?", "reply of another shape"),
        ("What is the fee", "reply of another shape"), ("?", "reply of another shape"),
        ("Is the fee 2 %, or more than that, and who pays?", "question cut off"),
    ],
)  # fmt: skip
def test_a_question_is_one_question_to_its_end(text, reason):
    value, problem = parse(json.dumps({"question_1": text}), questions.schema(1, 48))
    problem = problem or questions.problem_of(list(value.values()), PASSAGE, 0.0, 48)
    assert (problem.reason if problem else None) == reason


UNKNOWN = "I don't know"


def answered(tmp_path, says, *, keep_unknown=True, precision=0.0, passage=PASSAGE, unknown=UNKNOWN):
    origin = {"kind": "document", "parents": ["d0"], "source": "p.md#A", "chunk": "c0"}
    row = {
        "id": row_id("What is the fee?", passage),
        "instruction": "What is the fee?",
        "input": passage,
        "output": "",
        "origin": origin,
    }
    template = (
        "{{ text }} {{ question }}{% if problem %} REFUSED {{ problem }}{{ reply }}{% endif %}{% set _ = (source, unknown) %}"
    )
    with open_memo(tmp_path / "memo") as memo:
        how = Answer(200, precision, keep_unknown, unanswerable=0, validation=0)
        return answers.answer([row], how, asking(template), teacher(says, memo), Locale(["en"], "none", unknown, "", []))


@pytest.mark.parametrize("quote", ["fee is 2 % a year.", "በየወሩ ይከፈላል።", "“monthly” 😀", PASSAGE])
def test_the_span_is_where_the_quote_stands(tmp_path, quote):
    row = answered(tmp_path, lambda _: json.dumps({"quote": quote, "answer": " It is  2 %. "}))[0].kept[0]
    start, end = row["origin"]["span"]
    assert " ".join(row["input"][start:end].split()) == " ".join(quote.split()) and row["output"] == "It is 2 %."


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"quote": "The fee is 3 %", "answer": "3 %."}, "quote not in the passage"),
        ({"quote": "", "answer": "2 %."}, "answer without a quote"),
        ({"quote": "…", "answer": "2 %."}, "answer without a quote"),
        ({"quote": "The fee", "answer": "—"}, "answer without words"),
        ({"answer": "2 %."}, "reply of another shape"),
        ({"quote": "The fee", "answer": "What is the fee"}, "answer repeats the question"),
        ({"quote": "The fee", "answer": "The fee is 2 %. I don’t know."}, "half an answer"),
        ({"quote": "The fee", "answer": "The fee is 2 %, 2 %" + ", 2 %" * 60}, "reply of another shape"),
        ({"quote": "The fee", "answer": ("The fee is 2 %" + ", 2 %" * 60)[:200]}, "answer cut off"),
    ],
)
def test_an_unsupported_answer_goes_to_the_ledger_with_the_problem(tmp_path, value, reason):
    found, asked, _ = answered(tmp_path, lambda _: json.dumps(value))
    assert found.kept == [] and asked == 2
    assert found.ledger[0]["reason"] == reason and found.ledger[0]["row"]["origin"]["problem"]


@pytest.mark.parametrize("said", ["I don't know", "I don't know.", " I don’t know! "])
def test_not_knowing_is_said_in_one_way_only(tmp_path, said):
    row = answered(tmp_path, lambda _: json.dumps({"quote": "", "answer": said}))[0].kept[0]
    assert row["output"] == "I don't know" and row["origin"]["span"] is None
    found, *_ = answered(tmp_path, lambda _: json.dumps({"quote": "", "answer": said}), keep_unknown=False)
    assert found.kept == [] and found.ledger[0]["reason"] == "the teacher does not know"


@pytest.mark.parametrize(
    "said", ["Sina taarifa hizo", "sina taarifa hizo።", "Sijui.", "I don't know.", "መልሱን አላውቅም።", "لا أعرف 🤷"]
)
def test_not_knowing_in_other_words_becomes_the_phrase_of_the_project(tmp_path, said):
    found = json.dumps({"quote": "The fee", "answer": said}, ensure_ascii=False)
    row = answered(tmp_path, lambda _: found, unknown="Sina taarifa hizo.", precision=1)[0].kept[0]
    assert row["output"] == "Sina taarifa hizo." and row["origin"]["span"] is None
    dropped, *_ = answered(tmp_path, lambda _: found, unknown="Sina taarifa hizo.", keep_unknown=False)
    assert dropped.kept == [] and dropped.ledger[0]["reason"] == "the teacher does not know"


def test_the_phrase_of_the_project_behind_an_answer_is_half_an_answer(tmp_path):
    said = json.dumps({"quote": "The fee", "answer": "2 %. Sina taarifa hizo"})
    found, *_ = answered(tmp_path, lambda _: said, unknown="Sina taarifa hizo.")
    assert (found.kept, found.ledger[0]["reason"]) == ([], "half an answer")


def test_an_answer_of_other_words_than_the_passage_goes_to_the_ledger_with_its_precision(tmp_path):
    said = json.dumps({"quote": "The fee", "answer": "The fee buys a fun smoothie"})
    line = answered(tmp_path, lambda _: said, precision=0.7)[0].ledger[0]
    assert (line["reason"], line["score"]) == ("answer not from the passage", 0.5)  # the, fee, a of six words
    assert answered(tmp_path, lambda _: said, precision=0.5)[0].kept


def test_k_precision_reads_every_script():
    assert k_precision("በየወሩ ይከፈላል", PASSAGE) == 1 and k_precision("ሰላም ነው", PASSAGE) == 0
    assert k_precision("Ada 2", PASSAGE) == 0.5 and k_precision("", PASSAGE) == 0


def supported(number):
    one = chunk(number)
    origin = {
        "kind": "document",
        "parents": [one["document"]],
        "source": questions.source(one),
        "chunk": one["id"],
        "span": [0, 8],
    }
    return {"id": row_id("When?", one["text"]), "instruction": f"When does {number} open?", "input": one["text"],
            "output": f"At {number}.", "origin": origin}  # fmt: skip


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_unanswerable_questions_are_made_at_the_declared_rate_from_other_documents(rate):
    rows = [supported(number) for number in range(600)]
    made = answers.unanswerable(rows, rate, 0.1, UNKNOWN)
    assert abs(len(made) / (len(rows) + len(made)) - rate) < 0.05
    by_id = {row["id"]: row for row in rows}
    for row in made:
        source = by_id[row["origin"]["question_of"]]
        assert row["output"] == "I don't know" and row["instruction"] == source["instruction"] and row["input"] != source["input"]
        assert len(row["origin"]["parents"]) == 2 and side(row["origin"]["parents"], 0.1) != "neither"
    assert answers.unanswerable(rows[::-1], rate, 0.1, UNKNOWN) == sorted(
        made, key=lambda row: -rows.index(by_id[row["origin"]["question_of"]])
    )


def test_one_document_or_a_rate_of_none_makes_none():
    rows = [supported(0), supported(1), supported(2)]
    assert (
        answers.unanswerable(rows, 0.5, 0.0, UNKNOWN) == []
        and answers.unanswerable([supported(0), supported(9)], 0.0, 0.0, UNKNOWN) == []
    )


def test_a_passage_that_holds_the_supporting_words_too_is_no_other():
    rows = [supported(0), supported(9) | {"input": "Branch 0 opens here as well."}]
    assert all(row["origin"]["question_of"] != rows[0]["id"] for row in answers.unanswerable(rows, 0.5, 0.0, UNKNOWN))
