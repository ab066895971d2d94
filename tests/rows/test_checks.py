"""Instructions that code can verify: what follows them, and what is no check at all."""

import json
import time
from pathlib import Path

import pytest
from root import ours

from mbegu.errors import BadInput
from mbegu.rows.checks import failed, follows, items, language, parse_checks

DATA = Path(__file__).parents[2] / "data"
AMHARIC = (
    "የገንዘብ ገበያ ፈንድ የብዙ ሰዎችን ገንዘብ ሰብስቦ በአጭር ጊዜ ሰነዶች ላይ ያውላል። ወለዱ በየቀኑ ይሰላል፣ በየወሩም ወደ ሂሳብዎ ይገባል። "
    "ግብሩ ከመከፈሉ በፊት ተቀንሶ ለመንግሥት ገቢ ይሆናል። ገንዘብዎን ሲፈልጉ በጥቂት ቀናት ውስጥ ማውጣት ይችላሉ፣ ነገር ግን የተቀማጭ ገንዘብ "
    "ዋስትና የለውም። ስለዚህ ፈቃድ ያለውን ሥራ አስኪያጅ ይምረጡ፣ ክፍያዎቹን ያወዳድሩ፣ ውሉንም ከመፈረምዎ በፊት በጥንቃቄ ያንብቡ።"
)
ARABIC = "يجمع الصندوق أموال كثير من الناس ويستثمرها في سندات قصيرة الأجل، وتُحسب الفائدة كل يوم ثم تُضاف إلى الحساب."
ENGLISH = "The fund pays interest every day, and the tax of 15 percent is deducted before it is credited."
SWAHILI = "Mfuko hulipa faida kila siku, na kodi ya asilimia 15 hukatwa kabla ya faida kuwekwa kwenye akaunti."


@pytest.mark.parametrize(
    ("checks", "good", "bad"),
    [
        ({"max_words": 3}, "Faida ya KES", "Faida ya KES 5"),
        ({"max_words": 3}, "\u200bወለዱ በየቀኑ ይሰላል።", "ወለዱ በየቀኑ በደንብ ይሰላል።"),
        ({"min_words": 3}, "لا أعرف ذلك", "لا أعرف"),
        ({"min_words": 2}, "🙂 sawa", "🙂"),
        ({"items": 2}, "Two:\n- one\n- two", "- one\n- two\n- three"),
        ({"items": 0}, "In prose.", "• one"),
        ({"mention": ["CMA"]}, "Ask the cma.", "Ask the CMAs."),
        ({"mention": ["CMA", "trust deed"]}, "CMA: read the Trust\nDeed.", "CMA: trust the deed."),
        ({"mention": ["የተቀማጭ ገንዘብ"]}, AMHARIC, "የተቀማጩ ገንዘብ"),
        ({"mention": ["Straße"]}, "STRASSE 5", "Strasbourg"),
        ({"mention": ["e\u0301tat"]}, "L'ÉTAT", "etat"),
        ({"mention": ["CMA"]}, "C\u200bMA\ufeff", "C MA"),
        ({"avoid": ["map"]}, "mapping the roadmap", "A map."),
        ({"avoid": ["guaranteed", "no risk"]}, "no such risk", "There is NO risk"),
        ({"avoid": ["الفائدة"]}, "لا أعرف", ARABIC),
        ({"language": "sw"}, SWAHILI, ENGLISH),
        ({"language": "am"}, AMHARIC, SWAHILI),
        ({"language": "ar"}, ARABIC, AMHARIC),
        ({"language": "en"}, ENGLISH, "KES 5,000"),
        ({"language": "en"}, f"{ENGLISH} 🙂\u200b", "🙂 5,000"),
        ({"json": True}, ' {"a": [1, 2.5e3, null]}\n', 'Here it is: {"a": 1}'),
        ({"json": True}, '```json\n["ብር"]\n```', 'Here:\n```json\n["ብር"]\n```'),
        ({"json": True}, ' ```\n{"a": "```"}\n``` ', '```json\n["ብር"\n```'),
        ({"json": True}, "[]", '"text"'),
        ({"json": True}, f"[{'7' * 5000}]", "[NaN]"),
        ({"json": True}, "{}", "{'a': 1}"),
    ],
)
def test_a_check_is_met_or_not(checks, good, bad):
    checks = parse_checks(checks, "row")
    name = next(iter(checks))
    assert follows(good, checks) == {name: True}
    assert failed(good, checks) == []
    assert follows(bad, checks) == {name: False}
    assert failed(bad, checks) == [name]


@pytest.mark.parametrize("empty", ["", " \n", "\u200b\ufeff\u2060 "])
def test_an_empty_answer_meets_no_check(empty):
    checks = {"max_words": 120, "avoid": ["x"], "items": 0, "language": "sw", "json": True}
    assert failed(empty, checks) == ["avoid", "items", "json", "language", "max_words"]


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("- one", 1),
        ("* one", 1),
        ("•one", 1),
        ("· አንድ", 1),
        ("– one", 1),
        ("  - nested", 1),
        ("1. one", 1),
        ("12) twelve", 1),
        ("(3) three", 1),
        ("(a)one", 1),
        ("b) two", 1),
        ("C. three", 1),
        ("(iv) four", 1),
        ("፩. አንድ", 1),
        ("(፪) ሁለት", 1),
        ("ሀ. አንድ", 1),
        ("٣- ثلاثة", 1),
        ("٣. ثلاثة", 1),
        ("\u200f- واحد", 1),
        ("\ufeff1. one", 1),
        ("- ", 0),
        ("1.", 0),
        ("---", 0),
        ("-5 percent", 0),
        ("1.5 percent", 0),
        ("10 percent", 0),
        ("2024. A year", 0),
        ("**Bold** words", 0),
        ("e.g. this", 0),
        ("No. 5", 0),
        ("5 - 3 = 2", 0),
        ("🙂", 0),
        ("", 0),
    ],
)
def test_lines_that_are_list_items(line, count):
    assert items(line) == count
    assert items(f"Said:\r\n{line}\r\nThat is all.") == count


@ours
def test_heldout_answers_are_in_the_language_they_are_written_in():
    rows = [json.loads(line) for line in (DATA / "heldout.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        swahili = row["instruction"].startswith(("Je,", "Nini "))
        assert language(row["output"]) == ("sw" if swahili else "en")


def test_checks_come_back_in_one_order_and_nfc():
    given = {"json": True, "mention": ["e\u0301tat"], "max_words": 5, "min_words": 5}
    assert list(parse_checks(given, "row").items()) == [
        ("max_words", 5),
        ("min_words", 5),
        ("mention", ["état"]),
        ("json", True),
    ]


COUNT = "expected a whole number of at least 1; write a number of words such as 120."
PHRASES = 'expected a list of words or phrases, none empty; write a list such as ["CMA"].'
LANGUAGE = "expected an ISO 639-1 code that py3langid knows; write sw, en, am or ar."
OBJECT = 'expected an object such as {"max_words": 120}; leave it out if there is nothing to check.'


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, f"'checks' is null, {OBJECT}"),
        ({}, f"'checks' is {{}}, {OBJECT}"),
        (["json"], f"'checks' is [\"json\"], {OBJECT}"),
        ({"max_word": 5}, "unknown check 'max_word'. Did you mean 'max_words'?"),
        ({"rhyme": 5}, "unknown check 'rhyme'. Expected max_words, min_words, items, mention, avoid, language, json."),
        ({"max_words": -3}, f"check 'max_words' is -3, {COUNT}"),
        ({"max_words": 0}, f"check 'max_words' is 0, {COUNT}"),
        ({"max_words": "120"}, f"check 'max_words' is \"120\", {COUNT}"),
        ({"max_words": True}, f"check 'max_words' is true, {COUNT}"),
        ({"min_words": 2.0}, f"check 'min_words' is 2.0, {COUNT}"),
        (
            {"items": -1},
            "check 'items' is -1, expected a whole number of at least 0; write how many list items the answer has, such as 3.",
        ),
        ({"mention": []}, f"check 'mention' is [], {PHRASES}"),
        ({"mention": "CMA"}, f"check 'mention' is \"CMA\", {PHRASES}"),
        ({"avoid": ["ብር", "…"]}, f'check \'avoid\' is ["ብር", "…"], {PHRASES}'),
        ({"avoid": [5]}, f"check 'avoid' is [5], {PHRASES}"),
        ({"language": "swahili"}, f"check 'language' is \"swahili\", {LANGUAGE}"),
        ({"language": "SW"}, f"check 'language' is \"SW\", {LANGUAGE}"),
        ({"language": ["sw"]}, f"check 'language' is [\"sw\"], {LANGUAGE}"),
        ({"language": "pcm"}, f"check 'language' is \"pcm\", {LANGUAGE}"),
        ({"json": False}, "check 'json' is false, expected true; leave it out where the answer needn't be JSON."),
        ({"json": 1}, "check 'json' is 1, expected true; leave it out where the answer needn't be JSON."),
        (
            {"min_words": 30, "max_words": 20},
            "check 'min_words' is 30 and 'max_words' 20; swap them or raise 'max_words'.",
        ),
        (
            {"mention": ["the Trust deed"], "avoid": ["trust"]},
            "check 'avoid' forbids 'trust', which 'mention' demands; take it out of one of them.",
        ),
        ({"items": 3, "json": True}, "check 'items' counts lines with a bullet, which 'json' forbids; keep one of them."),
    ],
)
def test_bad_checks(value, message):
    with pytest.raises(BadInput) as error:
        parse_checks(value, "data/heldout.jsonl:7")
    assert str(error.value) == f"data/heldout.jsonl:7: {message}"


@pytest.mark.parametrize("unit", ["neno ", "- ", "(", "i", "\n", "\n- a", "[", "\u200b", "🙂", "ሀ", " "])
def test_100_000_characters_take_no_two_seconds(unit):
    checks = parse_checks({"max_words": 1, "items": 1, "mention": ["neno neno"], "avoid": ["a"], "language": "sw"}, "row")
    text = (unit * 100_000)[:100_000]
    language("neno")  # loads the model
    start = time.perf_counter()
    failed(text, {**checks, "json": True})
    assert time.perf_counter() - start < 2
