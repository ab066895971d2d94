"""Factual accuracy: what is read in a text, in several languages, and what of it counts as right or made up."""

import doctest
import itertools
import json
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from root import ROOT, ours

from mbegu.errors import BadInput
from mbegu.metrics import calendars, facts, modules, numerals
from mbegu.metrics import entities as reading
from mbegu.text.settings import Locale

PIECES = ["KES ", "$", " ", "1", "0", ",", ".", "-", "%", " May ", "m", " to ", " and ", "፻", "٣", "½", "/", "\n", "é", "A"]
HELDOUT = ROOT / "data/heldout.jsonl"


def locale(*names: str, currency: str = "KES") -> Locale:
    return Locale(["en", "sw", "am"], currency, unknown="I don't know.", disclaimer="", names=[*names])


HERE = locale()


def values(text: str, names: tuple[str, ...] = ()) -> list[str]:
    return [entity.value for entity in facts.entities(text, locale(*names))]


@pytest.mark.parametrize(
    "text",
    [
        "KES 1,000", "Kes 1000", "Ksh 1k", "Ksh. 1,000.00", "Kshs. 1,000/-", "KSh1000", "1,000/=", "1,000 shillings",
        "1 000 shillings", "1\u00a0000 shillings", "1\u202f000 shillings", "sh 1,000", "Sh. 1000", "SH1,000", "shilingi 1,000",
        "shilingi elfu 1", "1 thousand shillings", "KES 1,000 shillings", "a 1,000-shilling note", "1,000 KES", "(KES 1,000)",
        "**KES 1,000**", "K\u200bES\u2060 1,0\u200b00", "\u200fKES 1,000\u200f", "KES ١٬٠٠٠", "KES １，０００", "KES ፲፻",
        "KES\t1,000.",
    ],
)  # fmt: skip
def test_one_amount_in_many_spellings(text):
    assert values(text) == ["KES 1000"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KES 1.5 million = KES 1,500,000 = 1.5m shillings = shilingi milioni 1.5", ["KES 1500000"] * 4),
        ("USD 5, $5, 5 dollars, US$5, US $5, 5 US dollars, dola 5, 5$", ["USD 5"] * 8),
        ("ETB 25.5, 25.5 ብር, Br 25.5, Br. 25.50, ብር 25.5, የ25.5 birr", ["ETB 25.5"] * 6),
        ("€7, 7 euros, EUR 7", ["EUR 7"] * 3),
        ("£7, GBP 7, 7 pounds", ["GBP 7"] * 3),
        ("UGX 7, USh 7, 7 Uganda shillings", ["UGX 7"] * 3),
        ("TZS 7, TSh. 7, 7 Tanzanian shillings", ["TZS 7"] * 3),
        ("UGX 7,000/-", ["UGX 7000"]),
        ("KES 1.2 billion, KES 1.2bn, KES 1.2 bilioni", ["KES 1200000000"] * 3),
        ("5 ሺህ ብር, 5 ሺ ብር, 5k ብር", ["ETB 5000"] * 3),
        ("2 ሚሊዮን ብር", ["ETB 2000000"]),
        ("elfu 5, 5 thousand, laki 2, 5,00,000", ["5000", "5000", "200000", "500000"]),
        ("KES 5 USD 6", ["KES 5", "USD 6"]),
        ("$100 or KES 13,000", ["USD 100", "KES 13000"]),
        ("A$5 and C$5 are other dollars", ["5", "5"]),
        ("a loss of -KES 500, KES -500 or -$5", ["KES -500", "KES -500", "USD -5"]),
    ],
)
def test_currencies_and_magnitudes(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    ["6%", "6 %", "6.0 percent", "6 per cent", "6-percent", "asilimia 6", "6 በመቶ", "በመቶ 6", "ከ6%", "٦٪", "６％", "%6", "6 pct",
     "6 percentage points", "6 points", "600 basis points", "600bps", "፮ በመቶ"],
)  # fmt: skip
def test_one_percentage_in_many_spellings(text):
    assert values(text) == ["6%"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8 to 10 percent", ["8%", "10%"]),
        ("8–10%, 8-10%, 8 - 10%, 8%-10%", ["8%", "10%"] * 4),
        ("between 8 and 10 percent, 8 or 10 percent", ["8%", "10%"] * 2),
        ("asilimia 8 hadi 10", ["8%", "10%"]),
        ("ከ8 እስከ 10 በመቶ", ["8%", "10%"]),
        ("25 to 50 basis points", ["0.25%", "0.5%"]),
        ("KES 500–1,000, KES 500 to 1,000, 500-1,000 shillings", ["KES 500", "KES 1000"] * 3),
        ("$5-$10", ["USD 5", "USD 10"]),
        ("KES 1.5-2 million", ["KES 1500000", "KES 2000000"]),
        ("KES 500 to 1 million", ["KES 500", "KES 1000000"]),
        ("9 and 16 May, 2–9 May 2024", ["--05-09", "--05-16", "2024-05-02", "2024-05-09"]),
        ("KES 400 and 15 percent", ["KES 400", "15%"]),
        ("12 - 8 = 4", ["12", "8", "4"]),
        ("(1.0003)^365 - 1 = 11.57 percent", ["1.0003", "365", "1", "11.57%"]),
        ("36 - 1%", ["36", "1%"]),
        ("near minus 3 percent, -3%; 9 percent minus 3 percent", ["-3%", "-3%", "9%", "3%"]),
    ],
)
def test_ranges_share_a_unit_and_subtractions_do_not(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 May, 2nd of May, May 2, May 2nd, 2 Mei, tarehe 2 ya Mei", ["--05-02"] * 6),
        ("2 May 2024, May 2, 2024, 2nd May, 2024, 2024-05-02, 02/05/2024, 2.5.2024", ["2024-05-02"] * 6),
        ("05/13/2024", ["2024-05-13"]),
        ("2024-13-45, 45/45/2024", []),
        ("15 June, 31 December, 31 Desemba", ["--06-15", "--12-31", "--12-31"]),
        ("Januari 2026, June 2026, May, 2026", ["2026-01", "2026-06", "2026-05"]),
        ("1 Jan, 1 Februari, 1 Machi, 1 Aprili, 1 Juni, 1 Julai", [f"--{month:02}-01" for month in (1, 2, 3, 4, 6, 7)]),
        ("1 Agosti, 1 Septemba, 1 Oktoba, 1 Novemba", [f"--{month:02}-01" for month in (8, 9, 10, 11)]),
        ("in 2026, በ2026, 2024-2026", ["2026", "2026", "2024", "2026"]),
        ("fund 9 may rise in March 5 percent", ["9", "5%"]),
        ("KES 2026 and 2,026 units", ["KES 2026", "2026"]),
        ("1.5 million", ["1500000"]),
    ],
)
def test_dates_hold_the_parts_that_are_known(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Save 5\n2) Wait 6\n**3.** Sell\n - 4. Rest", ["5", "6"]),
        ("42.", ["42"]),
        ("version 2.5.3, 192.168.0.1, 1.000.000", []),
        ("0712 345 678, +254 712 345 678, 0712345678, 020-222-1234", []),
        ("a 91-day bill, the 10th, 15months", ["91", "10", "15"]),
        ("M2, COVID19, A012345678Z", []),
        ("500x18.40 or 500 × 18.40", ["500", "18.4"] * 2),
        ("2½ percent, ½ share, 10²", ["2.5%", "0.5", "10"]),
        ("0.85 x .5", ["0.85", "0.5"]),
        ("፳፻፲፮ ፻ ፼ ፲፩", ["2016", "100", "10000", "11"]),
        ("", []),
        ("🙂 1️⃣ 5🙂", ["5"]),
        ("\u200b\u200d", []),
        ("المبلغ ٢٥٫٥ فقط", ["25.5"]),
    ],
)
def test_what_is_a_number(text, expected):
    assert values(text) == expected


def test_kinds():
    found = facts.entities("CMA: KES 5, 6%, 7 units, 2 May", HERE)
    assert [entity.kind for entity in found] == ["name", "amount", "percentage", "number", "date"]


def test_names_are_acronyms_and_given_whole_words_in_any_script():
    text = "The CMA and KRA; KES, Tier II, Mmfs, MMFs; cic  money\nmarket fund, CICs; NSE 20; በንግድ ባንክ ንግድ ባንክ"
    names = ("CIC Money Market Fund", "CIC", "NSE 20", "ንግድ ባንክ", " ")
    assert values(text, names) == ["cma", "kra", "mmf", "cic money market fund", "cic", "nse 20", "ንግድ ባንክ"]
    assert values("cafe\u0301 fund", ("Café Fund",)) == values("café fund", ("Cafe\u0301 Fund",))


def test_spans_are_those_of_the_text_as_given():
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "é🙂 K\u200bES ١٬٠٠٠ … ፳፻፲፮ ½ 8–10% of Café")
        found = facts.entities(text, locale("café"))
        assert [(e.value) for e in found] == ["KES 1000", "2016", "0.5", "8%", "10%", values("café", ("café",))[0]]
        assert all(facts.entities(text[e.start : e.end], locale("café")) for e in found)
        assert text[found[0].start : found[0].end] == "K\u200bES ١٬٠٠٠"
        assert all(left.end <= right.start for left, right in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("prediction", "reference", "question", "expected"),
    [
        ("", "", "", (0, 0, 0, 0, 0)),
        ("", "KES 5", "", (0, 0, 1, 0, 0)),
        ("KES 5", "", "", (0, 1, 0, 1, 1)),
        ("Ksh 5,000", "5,000 shillings", "", (1, 1, 1, 0, 1)),
        # another currency is another amount; no currency is any
        ("KES 5", "USD 5", "", (0, 1, 1, 1, 1)),
        ("5", "USD 5", "", (1, 1, 1, 0, 1)),
        ("You then hold KES 4,200.", "4,200", "", (1, 1, 1, 0, 1)),
        ("KES 5 and $5", "5", "", (1, 2, 1, 0, 2)),
        ("KES 5, or 5", "KES 5", "", (1, 1, 1, 0, 1)),
        ("KES 2000", "2000", "", (1, 1, 1, 0, 1)),
        # a number is no percentage
        ("6 years", "6 percent", "", (0, 1, 1, 1, 1)),
        # repeating earns nothing
        ("KES 5 KES 5 KES 5", "KES 5 and 6%", "", (1, 1, 2, 0, 1)),
        # a number of the question is not made up, yet not asked for
        ("15% of KES 200 is KES 30", "KES 30", "What is 15% of 200?", (1, 3, 1, 0, 3)),
        ("15% of KES 200 is KES 31", "KES 30", "What is 15% of 200?", (0, 3, 1, 1, 3)),
        # a wrong name is no wrong number
        ("Ask the CMA before 2 May.", "Ask the CBK before 3 May.", "", (0, 2, 2, 1, 1)),
        ("10 በመቶ ከ5,000 ብር", "ETB 5,000 at 10%", "", (2, 2, 2, 0, 2)),
        ("asilimia 6 ya shilingi milioni 2", "6% of KES 2,000,000", "", (2, 2, 2, 0, 2)),
        ("٦٪", "6 percent", "", (1, 1, 1, 0, 1)),
    ],
)
def test_counts(prediction, reference, question, expected):
    assert facts.count(prediction, reference, question, HERE) == expected


def test_given_names_count():
    assert facts.count("Ask Etica.", "Etica or Cytonn", "", locale("Etica", "Cytonn")) == (1, 1, 2, 0, 0)


def test_the_metric_adds_up_over_pairs():
    result = modules.FactualAccuracy(keep_in_memory=True).compute(
        predictions=["KES 5 and 7%", "KES 9 for Etica"], references=["KES 5", "KES 8 for Etica"],
        questions=["Is it 7%?", ""], locale=locale("Etica"),
    )  # fmt: skip
    assert result == {"precision": 2 / 4, "recall": 2 / 3, "f1": 4 / 7, "wrong_number_rate": 1 / 3}


def test_nothing_to_divide_by_is_none():
    metric = modules.FactualAccuracy(keep_in_memory=True)
    nothing = {"precision": None, "recall": None, "f1": None, "wrong_number_rate": None}
    assert metric.compute(predictions=["Wait."], references=["Sell."], locale=HERE) == nothing
    assert metric.compute(predictions=["Wait."], references=["KES 5"], locale=HERE) == nothing | {"recall": 0, "f1": 0}


def test_a_question_for_each_pair():
    with pytest.raises(BadInput, match="2 questions for 1 predictions"):
        modules.FactualAccuracy(keep_in_memory=True).compute(
            predictions=["a"], references=["a"], questions=["b", "c"], locale=HERE
        )


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES)))
def test_any_text_is_read(pieces):
    text = "".join(pieces)
    counts = facts.count(text, text, "", HERE)
    assert counts.matched == counts.expected


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_any_unicode_is_read(text):
    assert all(text[entity.start : entity.end] for entity in facts.entities(text, HERE))


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1,", "1.", "1,000 ", "1 000 ", "KES ", "minus ", "-", " ", "፼", "1 to ", "5 and 1 May ", "Fund a "]
)
def test_time_is_linear(piece):
    took = {}
    for size in (25_000, 100_000):
        started = time.process_time()
        facts.entities((piece * size)[:size], locale("Fund a Fund a Fund b"))
        took[size] = time.process_time() - started
    assert took[100_000] < 12 * took[25_000] + 0.5  # linear is 4, quadratic 16


@ours
def test_the_held_out_answers():
    rows = [json.loads(line) for line in HELDOUT.read_text(encoding="utf-8").splitlines()]
    found = {row["instruction"]: values(row["output"]) for row in rows}
    assert sum(map(len, found.values())) > 150
    assert found["Turn a constant daily rate of 0.03 percent into a yearly rate, with and without compounding."] == [
        "0.03%", "365", "10.95%", "1.0003", "365", "1", "11.57%", "0.62%",
    ]  # fmt: skip
    assert next(found[row["instruction"]] for row in rows if "two reminders on 9 and 16 May" in row["input"]) == [
        "--05-02", "KES 85000", "--05-09", "--05-16", "--05-23",
    ]  # fmt: skip
    assert next(found[row["instruction"]] for row in rows if "Mfumuko wa bei" in row["output"]) == [
        "6%", "KES 10000", "KES 13400", "KES 10000", "knbs",
    ]  # fmt: skip
    assert all(facts.count(row["output"], row["output"], "", HERE).wrong_numbers == 0 for row in rows)


@pytest.mark.parametrize("module", [reading, facts, numerals, calendars])
def test_the_worked_examples_run(module):
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0
