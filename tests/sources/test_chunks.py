import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbegu.errors import BadInput
from mbegu.rows.shelf import Shelf, shelved
from mbegu.sources.documents import chunks, cutting, holding


def document(text: str, anchors: tuple = ((0, "", None),), name: str = "d.md") -> dict:
    listed = [{"start": start, "anchor": anchor, "page": page} for start, anchor, page in anchors]
    return {"id": name, "path": name, "title": "D", "sha256": "0", "text": text, "anchors": listed}


def spans(found: list[dict]) -> list[tuple[int, int]]:
    return [(one["start"], one["end"]) for one in found]


WORDS = [("Fund", "pays", "interest", "daily", "!"), ("ሰላም", "ለእናንተ", "ይሁን", "ብር", "።"), ("مرحبا", "كيف", "نعم", "؟"),
         ("Riba", "ni", "nini", "👩‍👩‍👧‍👦", "?"),
         ("Pesa", "ya", "10.5", "e.g", "."), ("अच्छा", "है", "यह", "दिन", "।")]  # fmt: skip


@st.composite
def sentence(draw) -> str:
    first, *others, mark = draw(st.sampled_from(WORDS))
    return " ".join([first, *draw(st.lists(st.sampled_from(others), max_size=12))]) + mark


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(sentence(), st.sampled_from([" ", "  ", "\n", "\n\n"])), min_size=1, max_size=30), st.data())
def test_a_chunk_ends_where_a_sentence_ends_unless_that_alone_is_too_long(pairs, data):
    size = data.draw(st.integers(20, 120))
    step = data.draw(st.integers(1, size))
    text, starts, ends, long = "", set(), set(), set()
    for one, blank in pairs:
        starts.add(len(text))
        ends.add(len(text) + len(one))
        if len(one) > size:
            long |= set(range(len(text), len(text) + len(one) + 1))
        text += one + blank
    text = text.rstrip()
    found = cutting.chunk(document(text), cutting.cutter("characters", size, step))
    assert all(one["text"] == text[one["start"] : one["end"]] and 0 < len(one["text"]) <= size for one in found)
    assert all(start in starts | long and end in ends | long for start, end in spans(found))
    covered = set().union(*(range(*span) for span in spans(found)))
    assert not "".join(mark for place, mark in enumerate(text) if place not in covered).strip()
    for (start, end), (next_start, next_end) in zip(spans(found), spans(found)[1:], strict=False):
        assert start < next_start and end < next_end and end - next_start <= size - step


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.integers(1, 40), st.data())
def test_no_text_is_lost_whatever_it_is(text, size, data):
    found = cutting.chunk(document(text), cutting.cutter("characters", size, data.draw(st.integers(1, size))))
    covered = set().union(*(range(*span) for span in spans(found)))
    assert not "".join(mark for place, mark in enumerate(text) if place not in covered).strip()


def test_sentences_are_those_of_the_language():
    text = "ሰላም ነው። ደህና ነህ:: እኔ ደህና ነኝ :: አመሰግናለሁ። 3. It is 10.5, e.g. ten. “Really?” Yes. No."
    found = cutting.chunk(document(text), cutting.cutter("characters", 1, 1)._replace(size=30, step=30))
    assert [one["text"] for one in found] == [
        "ሰላም ነው። ደህና ነህ:: እኔ ደህና ነኝ ::",
        "አመሰግናለሁ።",
        "3. It is 10.5, e.g. ten.",
        "“Really?” Yes. No.",
    ]


def test_only_a_sentence_that_is_too_long_alone_is_cut():
    text = f"Short one. Word {'word ' * 40}end. Last."
    found = cutting.chunk(document(text), cutting.cutter("characters", 80, 80))
    assert found[0]["text"] == "Short one." and found[-1]["text"].endswith("end. Last.")
    assert " ".join(one["text"] for one in found) == text


def test_a_line_of_three_hundred_thousand_characters_is_cut_at_its_sentences():
    line = "This is a sentence of words. " * 10_000
    found = cutting.chunk(document(line.strip()), cutting.cutter("characters", 512, 512))
    assert {one["text"][-1] for one in found} == {"."} and len(found) == -(-10_000 // 17)


def test_a_chunk_stops_before_a_heading_and_never_with_one():
    text = "# One\n\nFirst here. Second here.\n\n"
    text += "## Two\n\n### Three\n\nThree kinds:\n\n- one kind of it\n- another\n\n## Four\n\nLast."
    names = ("# One", "## Two", "### Three", "## Four")
    places = tuple((text.index(name), name.strip("# "), None) for name in names)
    found = cutting.chunk(document(text, places), cutting.cutter("characters", 60, 60))
    assert [(one["anchor"], one["text"]) for one in found] == [
        ("One", "# One\n\nFirst here. Second here."),
        ("Two", "## Two\n\n### Three\n\nThree kinds:\n\n- one kind of it\n- another"),
        ("Four", "## Four\n\nLast."),
    ]
    smaller = cutting.chunk(document(text, places), cutting.cutter("characters", 45, 20))
    assert [one["text"] for one in smaller] == [
        "# One\n\nFirst here. Second here.",
        "## Two",  # no room for it with what follows
        "### Three\n\nThree kinds:\n\n- one kind of it",
        "- one kind of it\n- another",
        "## Four\n\nLast.",
    ]


def test_a_chunk_of_a_pdf_knows_its_page_and_heading():
    text = "Fees\n\nOne fee is five shillings and no more. Two fees are ten."
    anchors = ((0, "Fees", 1), (text.index("no more"), "Fees", 2))
    found = cutting.chunk(document(text, anchors), cutting.cutter("characters", 46, 46))
    assert [(one["anchor"], one["page"], one["text"][:8]) for one in found] == [
        ("page 1, Fees", 1, "Fees\n\nOn"),
        ("page 2, Fees", 2, "Two fees"),
    ]


def test_an_edit_changes_only_the_chunks_of_its_section():
    sections = [f"Section {n}\n\n" + f"A sentence about topic {n} and more of it. " * 12 for n in range(8)]
    text = "\n\n".join(map(str.strip, sections))

    def ids(text: str) -> list[str]:
        places = tuple((text.index(f"Section {n}"), f"Section {n}", None) for n in range(8))
        return [one["id"] for one in cutting.chunk(document(text, places), cutting.cutter("characters", 200, 200))]

    before, after = ids(text), ids(text.replace("about topic 3 and", "about quite another topic than 3 and", 1))
    changed = set(after) - set(before)
    assert 0 < len(changed) <= 4 and len(before) > 20


def test_tokens_are_counted_by_the_models_tokenizer(tiny_tokenizer):
    text = " ".join(["A fund pays interest every day. ሰላም ለእናንተ ይሁን። Je, riba ni nini?"] * 8)
    found = cutting.chunk(document(text), cutting.cutter("tokens", 60, 60, tiny_tokenizer))
    sizes = [len(tiny_tokenizer(one["text"])["input_ids"]) for one in found]
    assert max(sizes) <= 60 and sum(sizes) / len(sizes) > 40
    assert {one["text"][-1] for one in found} <= {".", "።", "?"}
    with pytest.raises(BadInput, match=r"chunk\.step 9 is above chunk\.size 5"):
        cutting.cutter("characters", 5, 9)


def test_short_and_repeated_chunks_are_in_the_ledger_and_heldout_ones_win():
    cut = cutting.cutter("characters", 35, 35)
    texts = {"a": "The same sentence stands in both. Yes.", "b": "Another sentence of a. The  same sentence stands in both."}
    texts["c"] = "A whole sentence, said twice in c.\n" * 2
    found = [one for name, text in texts.items() for one in cutting.chunk(document(text.strip(), name=name), cut)]
    random.Random(1).shuffle(found)
    in_b = holding.holds({"b": {holding.Section("", 0, len(texts["b"]))}})
    sieved, ledger = chunks.sort_out(found, in_b, 10)
    kept, heldout = chunks.split(sieved, in_b)
    assert {one["path"] for one in heldout} == {"b"} and len(heldout) == 2
    assert [one["text"] for one in kept] == ["A whole sentence, said twice in c."]
    reasons = sorted((line["row"]["path"], line["reason"]) for line in ledger)
    assert reasons == [("a", "same text as in b"), ("a", "shorter than 10 characters"), ("c", "same text as in c")]
    assert len({one["id"] for one in [*kept, *heldout]}) == 3 and len(kept) + len(heldout) + len(ledger) == len(found)
    on_disk = chunks.sort_out(shelved(found), in_b, 10)
    assert isinstance(on_disk.kept, Shelf) and ([*on_disk.kept], [*on_disk.ledger]) == (sieved, ledger)
    assert [[*side] for side in chunks.split(on_disk.kept, in_b)] == [kept, heldout]
    (line,) = chunks.sort_out(cutting.chunk(document("Tiny."), cut), in_b, 10).ledger
    assert (line["reason"], line["score"], line["row"]["text"]) == ("shorter than 10 characters", 5, "Tiny.")


@pytest.mark.parametrize("kept", [list, shelved])
def test_a_passage_of_a_heldout_row_stands_only_in_heldout_documents(kept):
    texts = {"hr/a.md": "Leave is\nten days a year.", "fees.md": "ክፍያ አምስት ብር ነው።"}
    both = kept(document(text, name=name) for name, text in texts.items())

    def rows(*passages: str) -> list[dict]:
        return [{"input": passage, "origin": {"source": f"heldout.jsonl:{n}"}} for n, passage in enumerate(passages, 1)]

    held = holding.held_out(both, ["hr/*"])
    assert set(held) == {"hr/a.md"} and set(holding.held_out(both, ["*.md"])) == {"hr/a.md", "fees.md"}
    assert not holding.held_out(both, [])
    holding.check_split(rows("", "is ten  days"), both, held)
    with pytest.raises(BadInput, match=r"heldout\.jsonl:2: its passage stands in 'fees\.md', which is trained on; "):
        holding.check_split(rows("Leave", "አምስት ብር"), both, held)
    with pytest.raises(BadInput, match=r"heldout\.jsonl:1: its passage stands in no document"):
        holding.check_split(rows("Nowhere"), both, held)
    holding.check_split(rows("Nowhere"), both, {})  # of another source of the project's rows
    with pytest.raises(BadInput, match=r"chunk\.heldout: 'x/\*' matches no document; there are 2, such as 'hr/a\.md, fees\.md'"):
        holding.held_out(both, ["*.md", "x/*"])
