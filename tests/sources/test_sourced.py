"""The place in a document that a closed-book question names: there, under a heading, and trained on."""

import pytest

from mbegu.errors import BadInput
from mbegu.rows.shelf import shelved
from mbegu.sources.documents import holding, sourced
from mbegu.sources.documents.documents import Part
from mbegu.sources.documents.documents import document as made

DOCUMENTS = [
    made("ጤና.md", b"1", [Part("", "ጤና ጣቢያ።"), Part("የመክፈቻ ሰዓት", "በ2:00 ሰዓት ይከፈታል።"), Part("C# 🌱", "Msimbo.")]),
    made("رسوم.md", b"2", [Part("الرسوم", "خمسة.")]),
    made("note.txt", b"3", [Part("", "One line.")]),
]


def row(source: str) -> dict:
    return {"id": "1", "source": source, "origin": {"source": "data/exams/a/q.jsonl:4"}}


@pytest.mark.parametrize(
    "source", ["", "ጤና.md#የመክፈቻ  ሰዓት", "ጤና.md#c# 🌱", "رسوم.md#الرسوم", "note.txt#", "ጤና.md#"],
)  # fmt: skip
def test_a_section_is_named_in_any_script_and_case_and_no_heading_by_nothing(source):
    sourced.check_sources([row(source)], DOCUMENTS, {})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("ጤና.md", r"its source 'ጤና\.md' names no heading; write 'ጤና\.md#HEADING', or 'ጤና\.md#' for what stands before the first"),
        ("na.md#Saa", r"'na\.md#Saa' is of no document; expected 'document\.md#heading', and there are 3, such as 'ጤና\.md'"),
        ("nothing", r"'nothing' is of no document"),
        ("ጤና.md#ክፍያ", r"fits no heading; ጤና\.md has 'የመክፈቻ ሰዓት', 'C# 🌱'\."),
        ("رسوم.md#الرسوم", r"is held out by chunk\.heldout, so that no version can know it"),
    ],
)
def test_another_source_is_one_line_with_its_place(source, message):
    for documents in (DOCUMENTS, shelved(DOCUMENTS)):
        with pytest.raises(BadInput, match=message) as error:
            sourced.check_sources([row("note.txt#"), row(source)], documents, holding.held_out(documents, ["رسوم.md"]))
        assert str(error.value).startswith("data/exams/a/q.jsonl:4: ") and "\n" not in str(error.value)
