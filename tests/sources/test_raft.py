"""RAFT rows: the passage among others or others alone, drawn by content, with the chunks in their lineage."""

from pathlib import Path

import pytest

from mbegu.retrieval.index import CHUNK, write_index
from mbegu.retrieval.passages import TRAINED, place, retrieve
from mbegu.retrieval.recall import rank
from mbegu.retrieval.search import open_index
from mbegu.retrieval.settings import Index
from mbegu.rows.ledger import check_balance
from mbegu.rows.lineage import side
from mbegu.rows.row import row_id
from mbegu.sources.documents import cutting, holding, passages, raft
from mbegu.sources.documents.documents import Part
from mbegu.sources.documents.documents import document as made
from mbegu.sources.documents.settings import Retrieval
from mbegu.text import reasons
from mbegu.text.settings import Locale

UNKNOWN = "Sijui"
LOCALE = Locale(["sw"], "KES", UNKNOWN, [], "")
FACTS = {  # of each document, in another script
    "likizo.md": ("Likizo", "Mfanyakazi hupata siku 21 za likizo kwa mwaka.", "Mfanyakazi hupata siku ngapi za likizo?", "21."),
    "ሰዓት.md": ("ሰዓት", "ጤና ጣቢያው ከጠዋቱ 2:30 ሰዓት ይከፈታል።", "ጤና ጣቢያው መቼ ይከፈታል?", "ከጠዋቱ 2:30 ሰዓት።"),
    "رسوم.md": ("الرسوم", "رسوم التسجيل خمسون دولارا\u200f في السنة.", "كم رسوم التسجيل؟", "خمسون دولارا."),
    "sun.md": ("Sun 🌞", "The lamp 🔦 charges in\nsix hours of sun.", "How long does the lamp 🔦 charge?", "Six hours."),
    "held.md": ("Held", "The lamp of the test is held out.", "", ""),
}  # fmt: skip
DOCUMENTS = [made(name, name.encode(), [Part(heading, text)]) for name, (heading, text, *_) in FACTS.items()]
CUT = cutting.cutter("characters", 512, 512)
HELD = holding.held_out(DOCUMENTS, ["held.md"])
CHUNKS = {one["path"]: chunk for one in DOCUMENTS for chunk in holding.chunk_apart(one, HELD, CUT)}
ALL = Retrieval(k=3, distractors=2, share_without=0.0, most_rows=0)


def row(name: str) -> dict:
    _, text, asked, said = FACTS[name]
    chunk = CHUNKS[name]
    start = chunk["text"].index(text.strip())
    origin = {
        "kind": "document",
        "parents": [chunk["document"]],
        "source": name,
        "chunk": chunk["id"],
        "span": [start, start + len(text)],
    }
    return {"id": row_id(asked, chunk["text"]), "instruction": asked, "input": chunk["text"], "output": said, "origin": origin}


ROWS = [row(name) for name in FACTS if FACTS[name][2]]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index") / "docs"
    trained = [chunk for name, chunk in CHUNKS.items() if name != "held.md"]
    write_index(folder, passages.as_documents(DOCUMENTS, trained, [CHUNKS["held.md"]]), Index("bm25", "", 1.5, 0.75))
    return open_index(folder)


@pytest.mark.parametrize("asked", ROWS, ids=lambda row: row["origin"]["source"])
def test_a_question_finds_its_passage_and_says_where_it_stands(index, asked):
    found = retrieve(index, asked["instruction"], 1)
    name = asked["origin"]["source"]
    assert found.input.startswith("Context:\n- ") and len(found.input.splitlines()) == 2
    assert place(found.hits[0].document) == f"{name}#{FACTS[name][0]} (characters 0 to {len(asked['input'])})"
    right = passages.answering(f"{name}#{FACTS[name][0]}", DOCUMENTS, index.documents)
    assert right == {asked["origin"]["chunk"]} and rank(index, asked["instruction"], right, CHUNK) == 1
    assert passages.answering("other.md#x", DOCUMENTS, index.documents) == set()


@pytest.mark.parametrize("question", ["", "!!", "zzz qqq", "\u200b"])
def test_a_question_without_a_known_word_has_no_passage(index, question):
    assert retrieve(index, question, 3) == ("", [])


def test_a_row_has_its_passage_among_others_of_the_trained_side_and_its_lineage_names_them(index):
    found = raft.raft(ROWS, index, ALL, LOCALE, 0.0)
    assert not found.ledger and [one["output"] for one in found.kept] == [one["output"] for one in ROWS]
    for old, new in zip(ROWS, found.kept, strict=True):
        origin = new["origin"]
        assert len(origin["context"]) == 3 and old["origin"]["chunk"] == origin["chunk"] and origin["chunk"] in origin["context"]
        assert CHUNKS["held.md"]["id"] not in origin["context"] and origin["question_of"] == old["id"]
        chunks = [one for id_ in origin["context"] for one in index.documents if one.id == id_]
        assert origin["parents"] == sorted(one.fields["document"] for one in chunks)
        assert new["id"] == row_id(new["instruction"], new["input"]) and len(new["input"].splitlines()) == 4
        assert new["input"][slice(*origin["span"])] == FACTS[old["origin"]["source"]][1].replace("\n", " / ")
    assert len({one["origin"]["context"].index(one["origin"]["chunk"]) for one in found.kept}) > 1  # it stands anywhere


def test_no_row_depends_on_which_others_there_are(index):
    how = ALL._replace(share_without=0.5)
    alone = [kept for one in ROWS for kept in raft.raft([one], index, how, LOCALE, 0.0).kept]
    assert raft.raft(ROWS[::-1], index, how, LOCALE, 0.0).kept[::-1] == alone


def test_without_the_right_passage_the_answer_is_that_nothing_is_known(index):
    found = raft.raft(ROWS, index, ALL._replace(share_without=1.0), LOCALE, 0.0).kept
    for one in found:
        assert one["output"] == UNKNOWN and one["origin"]["span"] is None
        assert one["origin"]["chunk"] not in one["origin"]["context"] and len(one["origin"]["context"]) == 3


def test_an_answer_ends_with_its_quote_if_that_is_wanted_and_stands_there(index):
    how = ALL._replace(quote=True)
    for old, new in zip(ROWS, raft.raft(ROWS, index, how, LOCALE, 0.0).kept, strict=True):
        quote = FACTS[old["origin"]["source"]][1].replace("\n", " / ")
        assert new["output"] == f"{old['output']} “{quote}”" and quote in new["input"]
    bare = [{**one, "origin": {**one["origin"], "span": None}} for one in ROWS]
    assert [one["output"] for one in raft.raft(bare, index, how, LOCALE, 0.0).kept] == [one["output"] for one in ROWS]
    without = raft.raft(ROWS, index, how._replace(share_without=1.0), LOCALE, 0.0).kept
    assert {one["output"] for one in without} == {UNKNOWN}


def test_documents_of_one_row_lie_on_one_side_of_validation(index):
    found = raft.raft(ROWS, index, ALL, LOCALE, 0.5)
    assert {side(one["origin"]["parents"], 0.5) for one in found.kept} == {side(one["origin"]["parents"], 0.5) for one in ROWS}
    check_balance(len(ROWS), len(found.kept), found.ledger, raft.STAGE)


def test_what_no_row_can_be_made_of_is_in_the_ledger(index):
    unknown = {**ROWS[0], "output": UNKNOWN}
    strange = {**ROWS[1], "origin": {**ROWS[1]["origin"], "chunk": "gone"}}
    found = raft.raft([unknown, strange, *ROWS[2:]], index, ALL._replace(most_rows=1), LOCALE, 0.0)
    assert [line["reason"] for line in found.ledger[:2]] == [reasons.NOT_IN_PASSAGE, reasons.NO_CHUNK]
    assert [line["reason"] for line in found.ledger[2:]] == [reasons.BEYOND_ROWS] and len(found.kept) == 1


def test_a_passage_that_holds_the_answer_is_no_distractor(tmp_path: Path):
    twice = [*DOCUMENTS[:1], made("copy.md", b"c", [Part("Copy", f"Pia: {FACTS['likizo.md'][1]}")])]
    chunks = [chunk for one in twice for chunk in cutting.chunk(one, CUT)]
    write_index(tmp_path / "i", passages.as_documents(twice, chunks, []), Index("bm25", "", 1.5, 0.75))
    index = open_index(tmp_path / "i")
    assert {one.channel for one in index.documents} == {TRAINED}
    (kept,) = raft.raft(ROWS[:1], index, ALL, LOCALE, 0.0).kept
    assert kept["origin"]["context"] == [ROWS[0]["origin"]["chunk"]]
    (line,) = raft.raft(ROWS[:1], index, ALL._replace(share_without=1.0), LOCALE, 0.0).ledger
    assert line["reason"] == reasons.NO_OTHER


LEAVE, GIVEN = "How many days of annual leave?", "Employees get 21 days of annual leave."


@pytest.mark.parametrize(
    ("question", "output", "other", "held"),
    [
        (LEAVE, GIVEN, "Annual leave: 21 days. Sick leave: 30 days.", True),
        ("Likizo ya mwaka ni siku ngapi?", "Siku 21 kila mwaka kwa wote.", "Likizo ya mwaka kwa ujumla: 21", True),
        (LEAVE, GIVEN, "Annual leave: 30 days of leave.", False),
        (LEAVE, GIVEN, "The parcel came after 21 days.", False),
    ],
)  # fmt: skip
def test_a_passage_that_says_the_answer_in_its_own_words_is_no_distractor(question, output, other, held):
    assert raft._says({"instruction": question, "output": output}, other, LOCALE) == held
