"""Texts of messages: both forms, tidied, and masked without touching prices, years and dates."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbegu.sources.telegram.texts import clean, mask, raw_text, tidy


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ይደውሉ 0911223344", "ይደውሉ [phone]"),
        ("ይደውሉ +251911223344።", "ይደውሉ [phone]።"),
        ("+251 911 22 33 44 ወይም 0922 33 44 55", "[phone] ወይም [phone]"),
        ("(+251) 911-22-33-44", "[phone]"),
        ("(0911) 22 33 44", "[phone]"),
        ("00251911223344", "[phone]"),
        ("011 555 12 34", "[phone]"),
        ("0911223344/0922334455", "[phone]/[phone]"),
        ("0911-12-34-56/0922 33 44 55", "[phone]/[phone]"),
        ("0911223344,0922334455", "[phone],[phone]"),
        ("0911223344 0922334455", "[phone] [phone]"),
        ("ስልክ፦ 0900 00 11 21 500 ብር", "ስልክ፦ [phone] 500 ብር"),
        ("+251 911 22 33 44 500 ብር", "[phone] 500 ብር"),
        ("፱፩፩፪፪፫፫፬፬", "[phone]"),
        ("+፪፭፩ ፱፩፩ ፪፪ ፫፫ ፬፬", "[phone]"),
        ("هاتف ٠٩١١٢٢٣٣٤٤ الآن", "هاتف [phone] الآن"),
        ("Piga simu +254 712 345 678 sasa", "Piga simu [phone] sasa"),
        ("☎️0712345678🔥", "☎️[phone]🔥"),
        ("05/06/2026 0911 223344", "05/06/2026 [phone]"),
        ("2026-05-01 0911223344", "2026-05-01 [phone]"),
        ("ወደ @zemen_electro7 ይጻፉ", "ወደ @handle ይጻፉ"),
        ("t.me/zemen https://t.me/+AbC_1 telegram.me/joinchat/x", "@handle @handle @handle"),
        ("suq@zemen.com.et ወይም ሱቅ@ዘመን.ኢት", "[email] ወይም [email]"),
        ("@zemen_1 suq@zemen.et", "@handle [email]"),
    ],
)
def test_what_leads_to_a_person_is_masked(text, masked):
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "ዋጋ፦ 24,500 ብር", "1,950.50 ETB", "12 000 000 ብር", "1 000 000 000 ብር", "1.000.000.000", "10,000,000 - 12,500,000",
        "0.25 0.75 1.50 0.99 0.33", "፳፻፲፮ ዓ.ም", "2018 ዓ.ም", "፲፭ ፳፭ ፴ ብር", "01.02.2026 10:30", "05/06/2026",
        "2026-05-01T10:00:00", "08:00 - 17:00", "128GB / 8GB RAM 5000mAh 6.6\"", "CBE 1000123456789", "8080", "9@5 @ ቦሌ",
        "#ስልክ @ab", "Saa 09:00 hadi 10:00", "Bei 1,500/=", "25٫5",
    ],
)  # fmt: skip
def test_prices_years_dates_and_times_stay(text):
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("ሰ\u200bላ\ufeffም\u200e", "ሰላም"),
        ("  a \t b \n\n\n\n c \r\nd\re  ", "a b\n\nc\nd\ne"),
        ("a\u00a0b\u2003c", "a b c"),
        ("e\u0301", "é"),
        ("می\u200cروم \u202bعربي\u202c", "می\u200cروم عربي"),
        ("👨\u200d👩\u200d👧 ‼️", "👨\u200d👩\u200d👧 ‼️"),
        ("a\x0bb\x00c\x85d", "abcd"),
        ("half \ud83d of a pair", "half of a pair"),
        ("Habari\u00ad za leo", "Habari za leo"),
        ("ሰላም።\u2028ነገ", "ሰላም። ነገ"),
        ("", ""),
    ],
)
def test_a_text_is_tidied(text, tidied):
    assert tidy(text) == tidied


@given(st.text(st.characters(codec=None)))
def test_a_tidy_text_stays_and_can_be_written(text):
    once = tidy(text)
    assert tidy(once) == once == once.strip()
    assert unicodedata.is_normalized("NFC", once)
    once.encode()
    assert "\0" not in once and "  " not in once and "\n\n\n" not in once


@given(st.text("0123456789+-. /()፩፪፱@a", max_size=60))
def test_masking_twice_changes_nothing(text):
    once = mask(text)
    assert mask(once) == once


def text_of(message: dict, masked: bool) -> str:
    return clean([raw_text(message, masked)], masked)[0]


@given(st.lists(st.text(st.characters(codec=None) | st.sampled_from(" \n\0@/09፱+-.a"), max_size=40), max_size=8), st.booleans())
def test_many_texts_are_cleaned_as_each_would_be(texts, masked):
    assert clean(texts, masked) == [mask(tidy(text)) if masked else tidy(text) for text in texts]


def test_both_forms_of_text_give_the_same():
    parts = [
        "ዋጋ ",
        {"type": "bold", "text": "24,500 ብር"},
        {"type": "new_in_2030", "text": " ብቻ"},
        {"type": "text_link", "text": " እዚህ", "href": "x"},
    ]
    assert text_of({"text": parts}, masked=True) == text_of({"text": "ዋጋ 24,500 ብር ብቻ እዚህ"}, masked=True) == "ዋጋ 24,500 ብር ብቻ እዚህ"


def test_entities_are_masked_by_their_type_whatever_they_look_like():
    kinds = ("phone", "mention", "mention_name", "email", "bank_card", "hashtag", "bot_command")
    parts = [part for kind in kinds for part in ({"type": kind, "text": "ዐቢይ"}, " ")]
    assert text_of({"text": parts}, masked=True) == "[phone] @handle @handle [email] [card] ዐቢይ ዐቢይ"
    assert text_of({"text": parts}, masked=False) == " ".join(["ዐቢይ"] * len(kinds))


@pytest.mark.parametrize("text", [None, 5, {}, [], "", [None, 5, {"type": "bold"}, {"type": ["x"], "text": 7}]])
def test_what_is_no_text_is_empty(text):
    assert text_of({"text": text}, masked=True) == ""


def test_a_polls_question_is_its_text():
    assert text_of({"text": "", "poll": {"question": "ቡና ወይስ ሻይ?", "answers": []}}, masked=True) == "ቡና ወይስ ሻይ?"
    assert text_of({"text": "", "poll": None}, masked=True) == text_of({"text": "", "poll": {"question": None}}, True) == ""
