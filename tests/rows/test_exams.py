"""Questions without a passage: about trained documents, about what no document answers, about anything else."""

import pytest

from mbegu.errors import BadInput
from mbegu.rows.exams import Exam, exam_files, read_exam, read_exams
from mbegu.rows.heldout import read_heldout

SOURCED = {"instruction": "የጤና ጣቢያው መቼ ይከፈታል?", "output": "በ2:00 ሰዓት።", "source": "ጤና.md#የመክፈቻ ሰዓት"}
UNKNOWN = {"instruction": "Nani alijenga shule?", "output": "Sijui", "unanswerable": True}
GENERAL = {"instruction": "ما هي عاصمة فرنسا؟ 🇫🇷", "output": "باريس"}


def test_a_folder_is_read_file_by_file_each_of_one_kind(write_jsonl, tmp_path):
    write_jsonl("exams/a/known.jsonl", [SOURCED, UNKNOWN])
    write_jsonl("exams/b/control.jsonl", [GENERAL])
    found = read_exam(tmp_path / "exams")
    assert [row["source"] for row in found.closed] == [SOURCED["source"], ""] and [row["source"] for row in found.control] == [""]
    assert found.rows() == [*found.closed, *found.control]
    assert [path.name for path in exam_files(tmp_path / "exams")] == ["known.jsonl", "control.jsonl"]


def test_no_folder_is_no_exam(tmp_path):
    assert read_exam(tmp_path / "none") == Exam([], [])


def test_a_closed_book_question_belongs_to_its_document_unless_it_says_otherwise(write_jsonl):
    rows = read_heldout(write_jsonl("h.jsonl", [SOURCED, {**SOURCED, "instruction": "Q\u200b?", "group": "kliniki"}, GENERAL]))
    assert [row["group"] for row in rows] == ["ጤና.md", "kliniki", ""]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{**SOURCED, "source": 3}], "e/q.jsonl:1: 'source' is 3; expected a text such as \"rules.md#Fees\"."),
        ([{**SOURCED, "input": "Saa 2."}], "e/q.jsonl:1: has an 'input' and a 'source'; a closed-book question has no passage"),
        ([{**UNKNOWN, "input": "Saa 2."}], "e/q.jsonl:1: a question of an exam has no 'input'; put a row with a passage into"),
        ([SOURCED, GENERAL], 'e/q.jsonl:2: is general, and the rows before it are not; expected "source"'),
        ([GENERAL, UNKNOWN], "e/q.jsonl:2: is closed-book, and the rows before it are not"),
        ([], "no held-out rows"),
    ],
)
def test_a_bad_exam_is_one_clear_sentence(write_jsonl, tmp_path, monkeypatch, lines, message):
    monkeypatch.chdir(tmp_path)
    write_jsonl("e/q.jsonl", lines)
    with pytest.raises(BadInput) as error:
        read_exam(tmp_path / "e")
    assert message in str(error.value)


def test_one_question_in_two_files_is_refused(write_jsonl, tmp_path):
    write_jsonl("e/a.jsonl", [GENERAL])
    write_jsonl("e/b.jsonl", [GENERAL])
    with pytest.raises(BadInput, match=r"b\.jsonl:1: asks the same as .*a\.jsonl:1; keep one"):
        read_exam(tmp_path / "e")


def test_a_file_beside_the_folders_of_exams_is_one_line_as_nobody_would_be_asked_it(write_jsonl, tmp_path):
    write_jsonl("exams/ጤና/closed.jsonl", [{"instruction": "ስንት ነው? 🌍", "output": "2", "source": "a.md#"}])
    assert len(read_exams(tmp_path / "exams").closed) == 1 and read_exams(tmp_path / "none") == Exam([], [])
    write_jsonl("exams/سؤال.jsonl", [{"instruction": "كم؟", "output": "2"}])
    with pytest.raises(BadInput, match=r"exams/سؤال\.jsonl: belongs to no exam, and nobody would be asked it; move it into"):
        read_exams(tmp_path / "exams")
