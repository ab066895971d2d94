"""Sections that are held out of a document: named by their heading in any script, and never in a chunk with the others."""

from pathlib import Path

import pytest

from mbegu.errors import BadInput
from mbegu.rows.shelf import shelved
from mbegu.sources.documents import cutting, holding
from mbegu.sources.documents.documents import Part
from mbegu.sources.documents.documents import document as made
from mbegu.sources.documents.readers import read_document

FOLDER = Path(__file__).parent / "documents"
CUT = cutting.cutter("characters", 120, 60)


def document(name: str, *parts: Part) -> dict:
    return made(name, name.encode(), parts)


@pytest.mark.parametrize(
    ("language", "name", "held"),
    [
        ("sw", "shule.md#Sare", ["Sare"]), ("sw", "*.md#ada", ["Ada"]), ("am", "ንብ.md#ማር መቁረጥ", ["ማር መቁረጥ"]),
        ("am", "ጤና*.md#የመክፈቻ  ሰዓት", ["የመክፈቻ ሰዓት"]),
    ],
)  # fmt: skip
def test_a_section_is_held_out_whole_and_no_chunk_has_text_of_both_sides(language, name, held):
    documents = [read_document(FOLDER / language, path.name)[0] for path in sorted((FOLDER / language).glob("*.md"))]
    found = holding.held_out(documents, [name])
    assert [section.heading for one in found.values() for section in one] == held
    assert holding.extent(documents, found) == (0, 1) and holding.too_few(documents, found) is None
    is_held = holding.holds(found)
    for one in documents:
        rows = holding.chunk_apart(one, found, CUT)
        assert all(one["text"][row["start"] : row["end"]] == row["text"] for row in rows)
        inside = [row for row in rows if is_held(row)]
        (section,) = found.get(one["id"], {holding.Section("", 0, 0)})
        assert all(section.start <= row["start"] and row["end"] <= section.end for row in inside)
        assert all(row["end"] <= section.start or row["start"] >= section.end for row in rows if not is_held(row))
        assert {row["anchor"] for row in inside} == ({section.heading} if inside else set())
        if not inside:
            assert rows == cutting.chunk(one, CUT)  # nothing changes where nothing is held out


def test_headings_and_names_may_have_any_character():
    one = document(
        "c#.md", Part("", "Before any heading."), Part("C# 🌱", "Sharp text."), Part("رسوم", "خمسة."), Part("C# 🌱", "Again.")
    )
    named = holding.held_out([one], ["c#.md#C# 🌱", "c#.md#رسوم"])[one["id"]]
    assert sorted(section.heading for section in named) == ["C# 🌱", "C# 🌱", "رسوم"]
    assert [side for *_, side in holding.parts(one, {one["id"]: named})] == [False, True]
    assert holding.held_out([one], ["c#.md"]) == {one["id"]: set(holding.sections(one))}
    with pytest.raises(BadInput, match=r"chunk\.heldout: 'c#\.md#' fits no heading; c#\.md has 'C# 🌱', 'رسوم'\."):
        holding.held_out([one], ["c#.md#"])
    with pytest.raises(BadInput, match=r"'d\.md#رسوم' matches no document; there are 1, such as 'c#\.md'"):
        holding.held_out([one], ["d.md#رسوم"])


def test_pages_that_go_on_under_one_heading_are_one_section():
    one = document("a.pdf", Part("Ada", "Page one goes", 1), Part("Ada", "on here.", 2, " "), Part("Sare", "Other.", 2))
    assert [(section.heading, one["text"][section.start : section.end].strip()) for section in holding.sections(one)] == [
        ("Ada", "Page one goes on here."), ("Sare", "Other."),
    ]  # fmt: skip


def test_a_glob_holds_documents_out_and_only_where_it_fits_none_it_is_a_heading():
    both = [document("a#b", Part("b", "Kiswahili.")), document("a", Part("b", "አማርኛ።"), Part("c", "عربي"))]
    assert holding.held_out(both, ["a#b"]).keys() == {both[0]["id"]}
    named = holding.held_out(shelved(both), ["a#b", "a#C", "a*#B"])
    assert named == {both[0]["id"]: {*holding.sections(both[0])}, both[1]["id"]: {*holding.sections(both[1])}}


def test_the_first_row_is_named_whose_passage_stands_where_it_must_not():
    both = [document("a.md", Part("", "Moja. Mbili.")), document("b.md", Part("", "ሦስት። አራት።"))]
    held = holding.held_out(both, ["a.md"])
    rows = [{"input": text, "origin": {"source": f"h:{place}"}} for place, text in enumerate(["Moja.", "Tano.", "ሦስት።", "Tano."])]
    for documents in (both, shelved(both)):
        with pytest.raises(BadInput, match=r"^h:1: its passage stands in no document"):
            holding.check_split(rows, documents, held)
        with pytest.raises(BadInput, match=r"^h:2: its passage stands in 'b\.md', which is trained on"):
            holding.check_split([rows[0], *rows[2:]], documents, held)


def test_a_passage_of_a_heldout_row_keeps_to_the_section():
    one = document(
        "a.md",
        Part("Ada", "Ada ni elfu tano."),
        Part("Sare", "Sare ni ya kijani. Viatu ni vyeusi."),
        Part("Simu", "Hakuna simu."),
    )
    held = holding.held_out([one], ["a.md#Sare"])

    def check(passage: str) -> None:
        holding.check_split([{"input": passage, "origin": {"source": "heldout.jsonl:1"}}], [one], held)

    check("Sare ni ya\nkijani.")
    for passage, said in [
        ("Hakuna simu.", "stands in 'a.md', which is trained on; add the document to chunk.heldout, or take the row out."),
        ("Viatu ni vyeusi. Hakuna simu.", "runs beyond what is held out of 'a.md'; keep to the section."),
        ("Nowhere.", "stands in no document; copy it from one that chunk.heldout matches."),
    ]:
        with pytest.raises(BadInput) as caught:
            check(passage)
        assert str(caught.value) == f"heldout.jsonl:1: its passage {said}"


def test_of_few_documents_sections_are_offered():
    two = [document("a.md", Part("Ada", "x" * 30), Part("Sare", "y" * 28)), document("ለ.txt", Part("", "ሰላም " * 8))]
    said = holding.too_few(two, holding.held_out(two, ["a.md"]))
    assert said == (
        "1 of 2 documents held out, 66% of the text: too few to hold whole ones out. "
        "Name sections under chunk.heldout, such as 'a.md#Sare': a.md has 'Ada', 'Sare'; ለ.txt has no heading."
    )
    assert holding.too_few(two, {}).startswith("0 of 2 documents held out, 0% of the text: ")
    three = [*two, document("c.md", Part("", "z"))]
    assert holding.too_few(three, {}) is None and holding.too_few(two, holding.held_out(two, ["*#ada"])) is None
