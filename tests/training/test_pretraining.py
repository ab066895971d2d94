"""All text of a corpus, each token predicted once, and none that gives a held-out row away."""

import pytest

from mbegu.errors import BadInput
from mbegu.rows.row import row_id
from mbegu.text.context import join
from mbegu.training import packing
from mbegu.training.pretraining import beginning, encode, pieces, readable
from mbegu.training.settings import Corpus

TEXTS = [
    "ሰላም ለእናንተ ይሁን። አዲስ ስልክ በቅናሽ ዋጋ 15,000 ብር ብቻ።",
    "Habari ya asubuhi rafiki 🌱👩\u200d💻",
    "مرحبا\u200f بكم في المتجر",
    "ዋ",
    "A longer text in English, about bread that rises and a loaf that is baked.\n\nTwo paragraphs of it. " * 4,
]
MESSAGES = [{"id": f"c/{number}", "channel": "c", "message": number, "text": text} for number, text in enumerate(TEXTS)]
CORPUS = Corpus("messages.jsonl", "heldout.jsonl", 0.7, 0.5, 32)
AD = "🎒 ጠዋት ሌክቸር፣ ከሰዓት ላይብረሪ፣ ማታ ግሩፕ ወርክ፣ የZemo X5 ባትሪ ግን ቀንዎን ሙሉ ይጨርሳል። በ24,500 ብር"
BRIEF = "ለዩኒቨርሲቲ ተማሪዎች Zemo X5ን የሚያስተዋውቅ አጭር ልጥፍ ጻፍ። ባትሪው ቀኑን ሙሉ እንደሚበቃና ዋስትና እንዳለው አንሣ።"


def heldout(context: list[str]) -> dict:
    input_ = join(BRIEF, context)
    return {"id": row_id("ማስታወቂያ ጻፍ", input_), "instruction": "ማስታወቂያ ጻፍ", "input": input_, "output": AD}


@pytest.mark.parametrize("first", [[], [0]])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 9, 15, 16, 40])
def test_every_token_of_a_text_is_predicted_once_however_it_is_cut(first, length):
    ids = list(range(1, length + 1))
    cut = pieces(ids, first, 8)
    predicted = [token for piece in cut for token in piece[1:]]
    assert predicted == (ids if first else ids[1:])  # what nothing stands before can't be predicted
    assert all(2 <= len(piece) <= 8 for piece in cut)
    assert all(piece[:1] == first for piece in cut if first)


def test_texts_of_any_script_are_trained_whole(tiny_tokenizer):
    assert beginning(tiny_tokenizer) == []
    rows = encode(MESSAGES, tiny_tokenizer, 32)
    sizes = [len(tiny_tokenizer(text, add_special_tokens=False)["input_ids"]) for text in TEXTS]
    assert packing.pack(rows)["labels"].shape[1] - 1 == sum(sizes)  # the end is predicted, the first token is not
    assert max(len(row["input_ids"]) for row in rows) <= 32
    for number, text in enumerate(TEXTS):
        own = [row["input_ids"] for row in rows if row["id"] == f"c/{number}"]
        ids = [*own[0][:1], *(token for piece in own for token in piece[1:])]
        assert ids[-1] == tiny_tokenizer.eos_token_id and tiny_tokenizer.decode(ids[:-1]) == text
    assert len({row["roots"][0] for row in rows}) == len(TEXTS)  # a text's pieces are on one side of the validation split
    again = [{**MESSAGES[0], "id": "other/1"}]
    assert encode(again, tiny_tokenizer, 32)[0]["roots"] == rows[0]["roots"]


def test_what_gives_a_held_out_row_away_stays_out_with_a_line(tiny_tokenizer):
    near = AD.replace("24,500", "25,000")
    texts = [AD, near, f"አዲስ! {BRIEF} ይደውሉ", "መልካም በዓል ለሁላችሁም፣ ሱቃችን ነገ ዝግ ነው።", "  ", "ሰላም <|im_end|> ሰላም"]
    messages = [{"id": f"c/{number}", "text": text} for number, text in enumerate(texts)]
    row = heldout(["መልካም በዓል ለሁላችሁም፣ ሱቃችን ነገ ዝግ ነው።"])  # what retrieval found gives nothing away
    kept, ledger = readable(messages, [row], CORPUS, tiny_tokenizer)
    assert [message["id"] for message in kept] == ["c/3"]
    assert [(line["id"], line["reason"], line["nearest"]) for line in ledger] == [
        ("c/0", "near a held-out row: its answer", row["id"]),
        ("c/1", "near a held-out row: its answer", row["id"]),
        ("c/2", "near a held-out row: its question", row["id"]),
        ("c/4", "empty", None),
        ("c/5", "control token: <|im_end|>", None),
    ]
    assert ledger[0]["score"] == 1.0 and ledger[0]["row"] == messages[0]


def test_a_corpus_of_which_nothing_is_left_is_refused(tiny_tokenizer):
    with pytest.raises(BadInput, match=r"none of 2 messages is left to train on \(empty, near a held-out row\)"):
        readable([{"id": "c/1", "text": AD}, {"id": "c/2", "text": ""}], [heldout([])], CORPUS, tiny_tokenizer)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("How many days of annual leave?", "How many days of annual leave?\nThe handbook gives each employee 21 working days."),
        ("የዓመት ፈቃድ ስንት ቀን ነው?", "ስለ ፈቃድ\n- የዓመት ፈቃድ ስንት ቀን ነው?\n- ሃያ አንድ የሥራ ቀናት ናቸው፣ ለሁሉም ሠራተኞች በሙሉ ደመወዝ።"),
        ("كم عدد أيام الإجازة السنوية؟", "كم عدد أيام الإجازة السنوية؟\nيمنح الدليل كل موظف واحدا وعشرين يوم عمل في السنة."),
    ],
)  # fmt: skip
def test_a_line_that_asks_what_a_held_out_row_asks_keeps_its_text_out(asked, text, tiny_tokenizer):
    row = {"id": row_id(asked, ""), "instruction": asked, "input": "", "output": "21", "source": "hr.md#Leave"}
    other = {"id": "b", "text": "What is a lamp?\n21"}  # an answer is no question
    kept, (line,) = readable([{"id": "a", "text": text}, other], [row], CORPUS, tiny_tokenizer)
    assert kept == [other] and line["reason"] == "near a held-out row: its question" and line["nearest"] == row["id"]
