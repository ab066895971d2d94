"""Mentions, scripts and copied words, in several scripts."""

import pytest

from mbegu.metrics.copying import copied, spans
from mbegu.metrics.mentions import mentioned
from mbegu.metrics.scripts import purity


@pytest.mark.parametrize(
    ("wanted", "text", "found"),
    [
        ("0900 00 11 21", "ይደውሉ፦ 0900001121", True),
        ("0900 00 11 21", "0900-00-11-21", True),
        ("0900 00 11 21", "10900001121", False),  # a longer number
        ("0900 00 11 21", "09000011210", False),
        ("24,500 ብር", "ዋጋ 24500 ብር ብቻ!", True),
        ("24,500 ብር", "ዋጋ 124,500 ብር", False),
        ("24,500 ብር", "በ24,500ብር", True),
        ("ሠላም ሱቅ", "በሰላም ሱቅ ይገኛል", True),  # homophones, and a prefix
        ("@zemen_electro7", "📞 @Zemen_Electro7", True),
        ("Zemo X5", "ZEMO\u200b X5 Pro", True),
        ("Zemo X5", "Zemo X6", False),
        ("5000mAh", "15000mAh", False),
        ("السعر ٢٠٠", "السعر 200 فقط", True),  # digits of another script
        ("😀", "ሰላም 😀", True),
        ("😀", "ሰላም", False),
        ("Bei 3,000/=", "bei: 3,000/= tu", True),
    ],
)
def test_a_mention_is_found_however_it_is_spaced_and_not_within_a_longer_number(wanted, text, found):
    assert mentioned([wanted], text) == found


def test_script_purity_counts_letters_and_says_nothing_of_latin_references():
    assert purity("ሰላም", "ስልክ በ5G") == (3, 3)
    assert purity("hello ሰ 12 😀", "ስልክ") == (1, 6)
    assert purity("", "ስልክ") == (0, 0)
    assert purity("ሰላም", "habari") == (0, 0) and purity("ሰላም", "12") == (0, 0)
    assert purity("سلام شما", "قیمت") == (7, 7)


def test_copied_words_are_those_in_runs_of_eight():
    known = spans(["አንድ ሁለት ሦስት አራት አምስት ስድስት ሰባት ስምንት ዘጠኝ", "short"])
    assert copied("አንድ ሁለት ሦስት አራት አምስት ስድስት ሰባት ስምንት።", known) == (8, 8)
    assert copied("ሌላ አንድ ሁለት ሦስት አራት አምስት ስድስት ሰባት", known) == (0, 8)
    assert copied("short", known) == (0, 1) and copied("", known) == (0, 0)
