"""Which words are forms of one."""

import pytest

from mbegu.text.kin import akin, letters
from mbegu.text.words import words


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("shule", "shule"), ("mwanafunzi", "wanafunzi"), ("zinaruhusiwa", "huruhusiwa"), ("inakaguliwa", "ikaguliwe"),
        ("ትምህርት", "በትምህርቱ"), ("ተማሪ", "ተማሪዎችን"), ("ይከፈላል", "ይከፍላል"), ("ማር", "ማሩ"), ("ሐኪም", "በሃኪሙ"), ("መድኃኒት", "መድሐኒቶች"),
        ("ሠራተኛ", "ሰራተኞች"), ("ፀሐይ", "ጸሃይ"), ("الرسوم", "رسوم"), ("مُعَلِّم", "المعلمين"), ("إجازة", "اجازة"),
        ("installation", "installed"), ("öğretmenlerimiz", "öğretmenler"), ("😀", "😀"),
    ],
)  # fmt: skip
def test_forms_of_one_word_are_akin(first, second):
    assert akin(first, second) and akin(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("shule", "shaba"), ("ada", "adabu"), ("kulipa", "kufunga"), ("payment", "document"),
        ("ትምህርት", "ክፍያ"), ("ማር", "ማን"), ("رسوم", "مدرسة"), ("12500", "2500"), ("25000", "250000"), ("😀", "🌱"), ("", "shule"),
    ],
)  # fmt: skip
def test_other_words_and_numbers_are_not(first, second):
    assert not akin(first, second) and not akin(second, first)


def test_letters_are_those_that_two_spellings_share():
    assert letters("ሐኪም") == letters("ሃኪም") == letters("ኀኪም") and letters("ቋንቋ") != letters("ንጋት")
    assert letters("kulipa") == "kulipa" and letters("é") == "é"  # a tone or an accent makes another word
    (joined,) = words("mwana\u200dfunzi")
    assert akin(joined, "wanafunzi")  # what can't be seen is gone by then
