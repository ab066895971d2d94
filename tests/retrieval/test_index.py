"""An index: the same bytes for the same documents, words of any script, vectors by one key."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from root import ROOT
from tiny import make_model

from mbegu.errors import BadInput
from mbegu.retrieval.index import FACT, MESSAGE, Document, tokens, write_index
from mbegu.retrieval.recall import rank, recall
from mbegu.retrieval.search import open_index, search
from mbegu.retrieval.settings import Index

WORDS = Index("bm25", "", 1.5, 0.75)
TEXTS = {
    "am": "ሰላም ለእናንተ፣ አዲስ ስልክ በ24,500 ብር",
    "sw": "Simu mpya ya bei nafuu, karibu dukani",
    "ar": "هاتف جديد بسعر ٢٤٥٠٠ فقط",
    "emoji": "🎧 ለሙዚቃ ወዳጆች 🎧",
    "hidden": "ጀ\u200bበና\ufeff ከ6 ሲኒ ጋር",
    "rtl": "\u202bשלום עולם\u202c",
    "none": "‼️ … !!",
}
DOCUMENTS = [Document(id_, FACT, "shop", text, {}) for id_, text in TEXTS.items()]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def found(folder: Path, query: str, **more) -> list[str]:
    return [hit.document.id for hit in search(open_index(folder), query, **{"k": 3, "kind": FACT} | more)]


@pytest.fixture
def index(tmp_path: Path):
    def build(documents, settings: Index = WORDS) -> Path:
        write_index(tmp_path / "index", documents, settings)
        return tmp_path / "index"

    return build


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("ሠላም", "am"), ("ሰላም!!!", "am"), ("ዐዲስ", "am"), ("24,500", "am"), ("SIMU", "sw"), ("dukani", "sw"), ("هاتف", "ar"),
        ("🎧 ምን?", "emoji"), ("ጀበና", "hidden"), ("שלום", "rtl"),
    ],
)  # fmt: skip
def test_words_of_any_script_find_their_document_and_homophones_each_other(index, query, wanted):
    assert found(index(DOCUMENTS), query) == [wanted]


def test_letters_that_sound_alike_are_one_token_and_others_are_not():
    assert tokens("ሠላም ፀሐይ ዓለም ኃይል") == tokens("ሰላም ጸሀይ አለም ሀይል")
    assert tokens("በላ") != tokens("በለ")


@pytest.mark.parametrize("query", ["", "🙂", "ያልታወቀ", "…", "\u200b"])
def test_a_query_without_a_known_word_finds_nothing(index, query):
    assert found(index(DOCUMENTS), query) == []


@pytest.mark.parametrize("documents", [[], [DOCUMENTS[-1]]], ids=["empty", "no word"])
def test_an_index_without_a_word_finds_nothing(index, documents):
    assert found(index(documents), "ሰላም") == []


def test_a_search_keeps_to_a_kind_and_a_channel_and_breaks_ties_by_id(index):
    documents = [Document(f"{channel}/{n}", kind, channel, "ስልክ በቅናሽ", {}) for kind in (FACT, MESSAGE)
                 for channel in ("b", "a") for n in (2, 1)]  # fmt: skip
    folder = index(documents)
    assert found(folder, "ስልክ", kind=MESSAGE, channel="b") == ["b/1", "b/2"]
    assert found(folder, "ስልክ", k=9) == ["a/1", "a/2", "b/1", "b/2"]
    assert found(folder, "ስልክ", k=0) == [] and found(folder, "ስልክ", channel="c") == []


def test_the_best_stands_first_and_a_word_said_twice_in_the_query_counts_once(index):
    documents = [Document("1", FACT, "a", "ስልክ ሽፋን ሌላ ብዙ ነገር", {}), Document("2", FACT, "a", "ስልክ ቻርጀር", {})]
    folder = index(documents)
    hits = search(open_index(folder), "ስልክ ቻርጀር", 2, FACT)
    assert [hit.document.id for hit in hits] == ["2", "1"] and hits[0].score > hits[1].score > 0
    assert search(open_index(folder), "ስልክ ስልክ ቻርጀር", 2, FACT) == hits


def test_the_same_documents_in_any_order_are_the_same_bytes_whatever_python_s_hashes_are(tmp_path):
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, 'tests/retrieval'); import test_index as t\n"
        "t.write_index(Path(sys.argv[1]), t.DOCUMENTS[:: int(sys.argv[2])], t.WORDS)"
    )
    for name, step in (("1", "1"), ("2", "-1")):
        environment = {**os.environ, "PYTHONHASHSEED": name, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name), step], env=environment, cwd=ROOT, check=True)
    assert files(tmp_path / "1") == files(tmp_path / "2") and len(files(tmp_path / "1")) == 7


def test_two_documents_of_one_id_and_a_missing_index_are_one_line(index, tmp_path):
    with pytest.raises(BadInput, match="two documents are fact 'am'; an id names one"):
        index([*DOCUMENTS, DOCUMENTS[0]])
    with pytest.raises(BadInput, match="nowhere: no index here; build it with `dvc repro`"):
        open_index(tmp_path / "nowhere")


def test_a_sentence_encoder_finds_by_vectors_and_must_stay_the_same(index, tmp_path):
    settings = Index("dense", str(make_model(tmp_path / "encoder")), 1.5, 0.75)
    folder = index(DOCUMENTS, settings)
    for id_ in ("am", "sw", "ar", "emoji"):
        hit = search(open_index(folder), TEXTS[id_], 1, FACT)[0]
        assert hit.document.id == id_ and hit.score == pytest.approx(1)
    before = files(folder)
    assert files(index(DOCUMENTS, settings)) == before
    (tmp_path / "encoder/config.json").write_text((tmp_path / "encoder/config.json").read_text() + "\n")
    with pytest.raises(BadInput, match="built with another model than"):
        open_index(folder)


@pytest.mark.parametrize("name", ["", ".", "absent"])
def test_a_missing_encoder_is_one_line(index, name):
    with pytest.raises(BadInput, match=r"index\.dense: '.*' holds no sentence encoder; name a folder"):
        index(DOCUMENTS, Index("dense", name, 1.5, 0.75))


def test_recall_counts_the_places_at_which_what_is_looked_for_stands(index):
    found = open_index(index([Document(str(n), FACT, "a", "ስልክ " + "ቃል " * n, {}) for n in range(6)]))
    assert [rank(found, "ስልክ", str(n), FACT) for n in range(6)] == [1, 2, 3, 4, 5, 6]
    assert rank(found, "ሌላ", "1", FACT) is None and rank(found, "ስልክ", "1", FACT, "b") is None
    assert recall([1, 4, None]) == {
        "recall_at_1": 0.3333, "recall_at_3": 0.3333, "recall_at_5": 0.6667, "recall_at_10": 0.6667, "mrr": 0.4167,
    }  # fmt: skip
    assert recall([]) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("الإجازة السنوية", "للاجازة سنوية"), ("أجور", "أُجُور"), ("والبيت", "بيت"), ("كتـــاب", "بالكتاب"), ("مستشفى", "المستشفي"),
        ("ሀብት", "ሐብት"),
    ],
)  # fmt: skip
def test_words_that_are_spelled_in_two_ways_find_each_other(first, second):
    assert tokens(first) == tokens(second)


def test_a_word_is_not_what_it_begins_with():
    assert tokens("ولد والد") == ["ولد", "والد"] and tokens("Kodi ኮድ") == ["kodi", "ኮድ"]
