"""Telling answers from continuations: in several scripts, cut off, empty, endless."""

import json
import time

import pytest
from root import ROOT, only_ours, ours

from mbegu.errors import BadInput
from mbegu.metrics import following
from mbegu.metrics.following import _examples, _shown, learn, reads_as_answer
from mbegu.metrics.modules import InstructionFollowing

DATA = ROOT / "data"
AMHARIC = [
    ("የገንዘብ ገበያ ፈንድ ምንድን ነው?", "የገንዘብ ገበያ ፈንድ የብዙ ሰዎችን ገንዘብ ሰብስቦ በአጭር ጊዜ ሰነዶች ላይ ያውላል። ወለዱ በየቀኑ ይሰላል።"),
    ("ቁጠባ ለመጀመር ስንት ብር ያስፈልገኛል?", "ብዙ ባንኮች በሃምሳ ብር ሂሳብ ይከፍታሉ። በየወሩ ትንሽ መጠን መጨመር ከአንድ ጊዜ ትልቅ ገንዘብ የተሻለ ልምድ ይፈጥራል።"),
    ("የግምጃ ቤት ሰነድ እንዴት እገዛለሁ?", "በመጀመሪያ በብሔራዊ ባንክ ሂሳብ ይክፈቱ። ከዚያ ማመልከቻውን ሞልተው በጨረታው ቀን ያስገቡ። ውጤቱ በማግስቱ ይገለጻል።"),
    ("የዋጋ ግሽበት ቁጠባዬን እንዴት ይጎዳል?", "ዋጋ ሲጨምር በተመሳሳይ ገንዘብ የሚገዙት ዕቃ ይቀንሳል። ወለዱ ከግሽበቱ በታች ከሆነ ቁጠባው በእውነት ዋጋው ይቀንሳል።"),
    ("ለልጄ የትምህርት ገንዘብ የት ላስቀምጥ?", "ገንዘቡ ከአምስት ዓመት በኋላ የሚያስፈልግ ከሆነ ቦንድ ወይም ሚዛናዊ ፈንድ ይስማማል። ለቅርብ ጊዜ የቁጠባ ሂሳብ ይሻላል።"),
    ("በአክሲዮን እና በቦንድ መካከል ያለው ልዩነት ምንድን ነው?", "አክሲዮን የድርጅት ባለቤትነት ድርሻ ነው። ቦንድ ብድር ሲሆን ቋሚ ወለድ ይከፍላል። አክሲዮን የበለጠ ይለዋወጣል።"),
    ("ብድር ከመውሰዴ በፊት ምን መጠየቅ አለብኝ?", "ዓመታዊ ወለዱን፣ ክፍያዎቹን እና ቀድሞ መክፈል የሚያስከትለውን ቅጣት ይጠይቁ። ውሉን ሳያነቡ አይፈርሙ።"),
    ("የሞባይል ገንዘብ ደህንነት እንዴት ይጠበቃል?", "የሚስጥር ቁጥርዎን ለማንም አይስጡ። ስልክዎ ከጠፋ ወዲያውኑ ለድርጅቱ ይደውሉ። ያልታወቁ አገናኞችን አይክፈቱ።"),
    ("የጡረታ አስተዋጽኦ ስንት በመቶ ነው?", "ሠራተኛው ከደመወዙ ሰባት በመቶ ይከፍላል። አሠሪው አሥራ አንድ በመቶ ይጨምራል። ሁለቱም በየወሩ ገቢ ይሆናሉ።"),
    ("የእድር ገንዘብ በባንክ መቀመጥ አለበት ወይ?", "አዎ፣ በባንክ መቀመጥ አለበት። ሂሳቡ በእድሩ ስም ይከፈታል፣ ሦስት ፈራሚዎችም ይኖራሉ። ይህ ከስርቆት ይጠብቃል።"),
    ("የኢንሹራንስ ውል ስፈርም ምን ልብ ልበል?", "ውሉ የማይሸፍናቸውን ነገሮች መጀመሪያ ያንብቡ። የካሳው ጣሪያ እና የሚከፈልበት ጊዜ በጽሑፍ መኖር አለባቸው።"),
    ("ግብር የሚከፈለው መቼ ነው?", "የወለድ ግብር በባንኩ ተቀንሶ ይከፈላል። የንግድ ግብር በሐምሌ እና በጥቅምት መካከል ይከፈላል። ደረሰኙን ያስቀምጡ።"),
]


def as_rows(pairs):
    return [{"instruction": instruction, "input": "", "output": output} for instruction, output in pairs]


def read(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def seeds():
    only_ours()
    return read("seeds/v1.jsonl")


@pytest.fixture(scope="module")
def classifier(seeds):
    return learn(seeds)


def test_accuracy_without_help_from_question_marks(classifier):
    assert classifier.accuracy > 0.9
    assert classifier.rows == 92


@ours
def test_heldout_answers_are_answers_and_continuations_are_not(classifier):
    heldout = read("heldout.jsonl")
    assert sum(reads_as_answer(classifier, [row["output"] for row in heldout])) == len(heldout)
    examples = list(_examples(heldout, [row["instruction"] for row in heldout]))
    long = [text for text, label, _ in examples if not label and len(text.split()) > 30]
    assert len(long) > 100
    assert sum(reads_as_answer(classifier, long)) / len(long) < 0.05


def test_length_tells_an_answer_from_a_continuation_no_better_than_chance(seeds):
    examples = list(_examples(seeds, [row["instruction"] for row in seeds]))
    lengths = {label: sorted(len(text.split()) for text, kind, _ in examples if kind == label) for label in (0, 1)}
    best = max(
        sum(length <= bound for length in lengths[0]) + sum(length > bound for length in lengths[1]) for bound in range(1, 120)
    )
    assert best / len(examples) < 0.58


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes. The fund pays interest every day, and the tax is deducted before it is credited", True),
        ("- Opening balance: KES 612,400\n- Interest: KES 62,850\nThe figures agree.", True),
        ("Mfuko huu hulipa faida kila siku. Kodi ya asilimia 15 hukatwa kabla ya kulipwa, hivyo", True),
        ("interest every month? How do I join a Sacco? What is a Treasury bond?", False),
        ("interest every month. How do I join a Sacco. What is a Treasury bond", False),
        ("What is a unit trust?\nExplain how I can buy shares in Nairobi.\nShould my chama invest in a bond?", False),
        ("Je, mfuko wa soko la fedha ni nini?\nJe, nifanye nini na akiba yangu?", False),
        ("", False),
        (" \u200b\n", False),
        ("…!?", False),
    ],
)
def test_what_reads_as_an_answer(classifier, text, answer):
    assert reads_as_answer(classifier, [text]) == [answer]


def test_amharic_is_learned_from_amharic_rows():
    rows = as_rows(AMHARIC)
    trained = learn(rows)
    assert trained.accuracy > 0.8
    questions = ["ለመጀመር ምን ያስፈልገኛል? ቦንድ እንዴት እገዛለሁ?", "ልዩነት ምንድን ነው? ግብር የሚከፈለው መቼ ነው?"]
    answers = ["ወለዱ በየወሩ ይከፈላል። ግብሩ ተቀንሶ ይከፈላል።", "በመጀመሪያ ሂሳብ ይክፈቱ። ከዚያ ውሉን ያንብቡ።"]
    assert reads_as_answer(trained, questions + answers) == [False, False, True, True]


def test_texts_are_judged_alike_however_many_are_judged_at_a_time(monkeypatch):
    trained = learn(as_rows(AMHARIC))
    texts = [*(text for pair in AMHARIC for text in pair), "", "🙂", "نعم؟ لا", "zero\u200bwidth", "Habari yako?"]
    together = reads_as_answer(trained, texts)
    assert {*together} == {True, False} and reads_as_answer(trained, []) == []
    for size in (1, 5, len(texts)):
        monkeypatch.setattr(following, "BATCH", size)
        assert reads_as_answer(trained, texts) == together


def test_what_is_seen_has_no_question_mark_no_end_and_no_number():
    assert _shown("Is it  5,000?\nOr ٥٫٥ ብር? \u200bYes!") == "\x02 Is it 0. Or 0 ብር. Yes"
    assert _shown("ምንድን ነው፧") == _shown("ምንድን ነው") == "\x02 ምንድን ነው"


def test_the_same_rows_give_the_same_bytes():
    rows = as_rows(AMHARIC)
    first, second = learn(rows), learn(rows)
    assert first.accuracy == second.accuracy
    assert first.pipeline[-1].coef_.tobytes() == second.pipeline[-1].coef_.tobytes()


def test_no_row_is_on_both_sides_of_a_fold():
    rows = as_rows(AMHARIC) + as_rows((question, f"{answer} እንዲሁ።") for question, answer in AMHARIC)
    examples = list(_examples(rows, [row["instruction"] for row in rows]))
    for row in rows:
        folds = {fold for text, _, fold in examples if row["instruction"] in text or row["output"] in text}
        assert len(folds) == 1


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], 0),
        (as_rows(AMHARIC[:9]), 9),
        (as_rows((question, " \n") for question, _ in AMHARIC), 0),
        (as_rows(AMHARIC[:1] * 12), 1),
    ],
)
def test_too_few_rows(rows, found):
    with pytest.raises(BadInput) as error:
        learn(rows)
    assert str(error.value) == (
        f"instruction following score: {found} answered rows with different instructions, expected at least 10; "
        "answer more of them, or name other rows in score.following."
    )


@pytest.mark.parametrize("unit", ["neno ", "ሀ", "?", "🙂", "\u200b", "x"])
def test_100_000_characters(classifier, unit):
    start = time.perf_counter()
    reads_as_answer(classifier, [(unit * 100_000)[:100_000]])
    assert time.perf_counter() - start < 2


def test_the_metric():
    metric = InstructionFollowing(keep_in_memory=True)
    result = metric.compute(predictions=["ወለዱ በየወሩ ይከፈላል። ግብሩ ተቀንሶ ይከፈላል።", ""], rows=as_rows(AMHARIC))
    assert result["ifs"] == 0.5
    assert 0.8 < result["accuracy"] <= 1
    assert metric.compute(predictions=[], rows=as_rows(AMHARIC))["ifs"] is None
