"""The table of benchmarks/locales.py, case by case; and what a project's languages and currency change."""

import datetime
import runpy
from collections import Counter

import pytest
from root import ROOT

from mbegu.metrics.calendars import gregorian
from mbegu.metrics.entities import entities
from mbegu.metrics.facts import count
from mbegu.text.settings import Locale

TABLE = runpy.run_path(str(ROOT / "benchmarks/locales.py"))
CASES = [pytest.param(kind, case, id=f"{kind} {case['text']}") for kind in TABLE["KINDS"] for case in TABLE["cases"](kind)]


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_a_sentence_is_read_right(kind, case):
    assert TABLE["read"](kind, case) == case["expected"]


def test_each_cell_of_the_table_has_45_sentences_and_traps_among_them():
    for kind in TABLE["KINDS"]:
        found = TABLE["cases"](kind)
        assert min(Counter(case["language"] for case in found).values()) >= 45
        traps = Counter(case["language"] for case in found if not case["expected"])
        assert min(traps[language] for language in TABLE["LANGUAGES"]) >= 6
        assert len({(case["text"], case["currency"]) for case in found}) == len(found)


def here(languages: str, currency: str = "none") -> Locale:
    return Locale(languages.split(), currency, unknown="Ask the keeper.", disclaimer="", names=[])


def values(text: str, locale: Locale) -> list[str]:
    return [entity.value for entity in entities(text, locale)]


@pytest.mark.parametrize("currency", ["KES", "TZS", "UGX", "SOS"])
@pytest.mark.parametrize(
    "text",
    ["12,000 shillings", "shilingi 12,000", "Sh 12,000", "Sh. 12,000", "12,000/=", "12,000/-", "shilingi elfu kumi na mbili",
     "12,000 ሽልንግ", "አስራ ሁለት ሺህ ሽልንግ", "s\u200bh 12,000", "\u200f12,000 shillings\u200f 🐝"],
)  # fmt: skip
def test_plain_shillings_are_the_projects(text, currency):
    locale = here("sw am", currency)
    assert values(text, locale) == [f"{currency} 12000"]
    assert count(text, f"{currency} 12,000", "", locale).matched == 1


@pytest.mark.parametrize("currency", ["none", "USD", "TZS", "KES"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ksh 5, KES 5, 5 Kenyan shillings, shilingi za Kenya 5, shilingi 5 za Kenya, 5 የኬንያ ሽልንግ", "KES 5"),
        ("TSh 5, Tshs. 5, TZS 5, 5 Tanzania shillings, shilingi 5 za Tanzania, 5 የታንዛኒያ ሽልንግ", "TZS 5"),
        ("$5, US$5, dola 5, dola 5 za Marekani, dola za Marekani 5, 5 የአሜሪካ ዶላር", "USD 5"),
        ("5 Canadian dollars, 5 Canada dollars, dola 5 za Kanada, 5 የካናዳ ዶላር, CAD 5, cad 5", "CAD 5"),
        ("£5, 5 pounds sterling, pauni 5 za Uingereza, 5 የእንግሊዝ ፓውንድ, gbp 5, GBP 5", "GBP 5"),
        ("ZMW 5, 5 ZMW, 5 Zambian kwacha, kwacha za Zambia 5, kwacha 5 za Zambia, 5 የዛምቢያ ክዋቻ", "ZMW 5"),
    ],
)
def test_what_names_a_country_stays_that_countrys(text, expected, currency):
    assert values(text, here("sw am", currency)) == [expected] * 6


def test_shillings_of_nobody_equal_the_same_number_of_any():
    locale = here("sw", "USD")
    assert values("shilingi 2000", locale) == ["2000"]
    assert count("shilingi 2000", "TZS 2,000", "", locale).matched == 1
    assert count("shilingi za Kenya 2000", "TZS 2,000", "", locale).matched == 0


def test_codes_that_are_words_count_only_as_the_projects_own():
    assert values("TRY 3, ALL 4, NOK 5, nok 6", here("en")) == ["try", "3", "all", "4", "NOK 5", "6"]
    assert values("TRY 3, try 4", here("tr", "TRY")) == ["TRY 3", "4"]


def test_kinds_that_few_know_are_read_in_their_own_country():
    assert values("They won 3 games and paid 5 real.", here("en")) == ["3", "5"]
    assert values("Pay 5 real.", here("pt", "BRL")) == ["BRL 5"]
    assert values("Lipa pula 5 au 6 pula.", here("sw", "BWP")) == ["BWP 5", "BWP 6"]


@pytest.mark.parametrize(
    ("languages", "text", "expected"),
    [
        ("fr", "le 5 mars 2024, 6 févr. 2025", ["2024-03-05", "2025-02-06"]),
        ("ar", "في ٥ مايو ٢٠٢٤", ["2024-05-05"]),
        ("so", "5 Maarso 2024", ["2024-03-05"]),
        ("en", "5 Mei 2024", ["5", "2024"]),
        ("amh swa", "5 Mei 2024, ሜይ 5 2024", ["2024-05-05", "2024-05-05"]),
        ("xx", "5 May 2024 🌱", ["2024-05-05"]),  # a language that CLDR lacks
    ],
)
def test_months_are_those_of_the_projects_languages_and_english(languages, text, expected):
    assert values(text, here(languages)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("six to twelve months, ten to twenty, 5 to ten", ["6", "12", "10", "20", "5", "10"]),
        ("one or two thousand", ["1000", "2000"]),
        ("one thousand and two thousand", ["1000", "2000"]),
        ("one or two, and ten percent", ["10%"]),
        ("two or three percentage points", ["2%", "3%"]),
        ("five points to remember", []),
        ("a thousand bees, a million", ["1000", "1000000"]),
        ("three quarters of a million", []),
        ("a hundred and ten, one hundred thousand and five", ["110", "100005"]),
        ("minus five percent", ["-5%"]),
        ("elfu tano hadi kumi, elfu 5 hadi 10", ["5000", "10000"] * 2),
        ("saa mbili na nusu, siku mbili na nusu, saa 2 na nusu", ["2.5", "2"]),
        ("milioni 2 na nusu, 2 and a half million, 1 million 200 thousand", ["2500000", "2500000", "1200000"]),
        ("ከአምስት መቶ እስከ ስድስት መቶ, በሃያ በመቶ, በመቶ ሃያ", ["500", "600", "20%", "20%"]),
        ("አሥራ አምስት, ዐሥራ ዐምስት, ሠላሳ, ኀምሳ", ["15", "15", "30", "50"]),
    ],
)
def test_numbers_in_words(text, expected):
    assert values(text, here("sw am")) == expected


def test_number_words_are_read_in_the_projects_languages_and_english():
    assert values("elfu tano, አምስት ሺህ, five thousand", here("en")) == ["5000"]
    assert values("elfu tano, አምስት ሺህ, five thousand", here("sw")) == ["5000", "5000"]


def test_a_whole_ethiopian_date_is_the_gregorian_day():
    """New year is 12 September before a Gregorian leap year, else 11 September; each year has 365 or 366 days."""
    days = [datetime.date.fromisoformat(gregorian(f"EC {year}-01-01")) for year in range(1901, 2093)]
    for day in days:
        leap = (day.year + 1) % 4 == 0
        assert (day.month, day.day) == (9, 12 if leap else 11)
    assert gregorian("EC 2015-13-06") == "2023-09-11" and gregorian("EC 2016-01-01") == "2023-09-12"
    assert gregorian("EC 2016-01") == "EC 2016-01" and gregorian("--05-02") == "--05-02"


def test_ethiopian_and_gregorian_dates_meet_where_both_are_whole():
    locale = here("am")
    assert count("መስከረም 1 ቀን 2016 ዓ.ም.", "12 September 2023", "", locale).matched == 1
    assert count("በ2016 ዓ.ም.", "in 2016", "", locale) == (0, 1, 1, 1, 1)
    assert values("ጳጉሜን 6 ቀን 2016", locale) == []  # that year had five days of it
    assert values("1–10 ግንቦት 2016", locale) == ["2024-05-09", "2024-05-18"]
    assert values("እ.ኤ.አ. በ2016 ዓ.ም.", locale) == ["2016"]


def test_spans_are_whole_words_of_the_text():
    text = "🐝 በአምስት ሺህ ብር፣ ከሠላሳ ዓመት በፊት; shilingi 500 za Kenya"
    found = [text[one.start : one.end] for one in entities(text, here("sw am"))]
    assert found == ["አምስት ሺህ ብር", "ሠላሳ", "shilingi 500 za Kenya"]
