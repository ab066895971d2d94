"""Questions alone: what was studied becomes rows without a passage, each with its document, chunk and span, or a ledger line."""

import pytest

from mbegu.rows.ledger import check_balance
from mbegu.rows.lineage import roots
from mbegu.rows.row import row_id
from mbegu.sources.study import quiz
from mbegu.text import reasons

CHUNK = {"id": "c1", "document": "d1"}
SAID = [
    ("የመሩ ቅርንጫፍ መቼ ተከፈተ?", "የመሩ ቅርንጫፍ መጋቢት 4 ቀን 2019 ተከፈተ።"),
    ("Tawi la Meru lilifunguliwa lini?", "Tawi la Meru lilifunguliwa tarehe 4 Machi 2019."),
    ("متى افتُتح فرع ميرو؟", "افتُتح فرع ميرو في 4 مارس 2019\u200f."),
    ("Which lamp 🔦 charges in six\u200b hours?", "Lamp 🔦"),
]


def text(question: str, answer: str, chunk: str = "c1", view: str = "questions") -> dict:
    origin = {"kind": "study", "view": view, "wording": "back", "span": [3, 9], "parents": ["d1"], "source": "a.md#ሀ",
              "chunks": [chunk], "teacher": {"kind": "recorded", "by": "people"}, "request": "r"}  # fmt: skip
    return {"id": "t", "text": f"{question}\n{answer}", "origin": origin}


@pytest.mark.parametrize(("question", "answer"), SAID)
def test_a_studied_question_is_a_row_without_a_passage_that_knows_where_its_answer_stands(question, answer):
    rows = quiz.asked([text(question, answer), text(question, answer, view="facts")])
    (row,) = quiz.quiz(rows, [CHUNK]).kept
    assert (row["instruction"], row["input"], row["output"], row["id"]) == (question, "", answer, row_id(question, ""))
    origin = row["origin"]
    assert (origin["kind"], origin["chunk"], origin["span"], origin["wording"]) == ("document", "c1", [3, 9], "back")
    assert origin["teacher"]["by"] == "people" and origin["source"] == "a.md#ሀ" and roots(row) == ["d1"]
    assert not {"view", "chunks"} & set(origin)


def test_a_question_of_no_trained_chunk_or_that_stands_there_is_a_line_of_the_ledger():
    (question, answer), other = SAID[0], SAID[1]
    rows = quiz.asked([text(question, answer), text(*other, chunk="held"), text(question, answer), text(question, "ሌላ")])
    found = quiz.quiz(rows, [CHUNK])
    assert [row["output"] for row in found.kept] == [answer, "ሌላ"]  # curate judges both, as it does in any version
    assert [line["reason"] for line in found.ledger] == [reasons.NO_CHUNK, reasons.QUESTION_TWICE]
    assert found.ledger[1]["nearest"] == found.kept[0]["id"]
    check_balance(len(rows), len(found.kept), found.ledger, quiz.STAGE)
