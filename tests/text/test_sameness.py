"""Alike questions that ask the same, and those that do not; in several scripts."""

import pytest

from mbegu.text.sameness import key, same_question
from mbegu.text.slots import slots


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What is it?", "what is it"), ("What is it?", "WHAT  IS\nIT ?!"), ("ምንድን ነው?", "ምንድን ነው።"), ("ምንድን ነው፧", "ምንድን ነው"),
        ("ما هو؟", "ما هو"), ("Nini hiki…", "nini hiki?\u200b"), ("🌱 nini?", "🌱 Nini"), ("מה זה?", "מה זה"),
        ("Straße?", "STRASSE"), ("cafe\u0301?", "café"),
    ],
)  # fmt: skip
def test_case_and_final_marks_make_no_other_question(first, second):
    assert key(first) == key(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("What is C++?", "What is C?"), ("5 + 3 = ?", "5 - 3 = ?"), ("ምንድን ነው?", "ማን ነው?"), ("?", "!"), ("a b", "ab"), ("🌱", "🌳")],
)
def test_other_words_and_inner_marks_do(first, second):
    assert key(first) != key(second)


BROUGHT = "የሚከተለው ዜና በየትኛው ምድብ ይካተታል?"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (f"{BROUGHT} ባንክ ቅርንጫፍ ከፈተ", f"{BROUGHT} ቡድኑ ዋንጫ አነሳ", False),
        (f"{BROUGHT} ባንክ ቅርንጫፍ ከፈተ", f"{BROUGHT} ባንኩ ቅርንጫፉን ከፈተ", True),  # the same words in another form
        ("新闻属于哪一类:银行开了新分行", "新闻属于哪一类:球队赢得冠军杯", False),
        ("إلى أي فئة ينتمي الخبر: البنك يفتح فرعا", "إلى أي فئة ينتمي الخبر: الفريق يفوز بالكأس", False),
        ("Which category is it? bank opens branch today", "Which category is it? team wins cup again", False),
        ("Which category is it? bank opens the branch in town", "Which category is it? team wins the cup in spring", False),
        ("What would the bank pay on ETB 5,000 a month?", "What does the bank pay on ETB 5,000 a month?", True),
        ("What does CIC pay on ETB 5,000?", "What does Sanlam pay on ETB 5,000?", False),
        ("What does it pay on ETB 5,000?", "What does it pay on ETB 9,000?", False),
        ("🌱 how do I sow it?", "🌱 how do I sow it", True),
    ],
)
def test_a_stretch_of_other_words_makes_another_question(first, second, same):
    assert same_question(first, second) is same and same_question(second, first) is same


def texts(form: str, fillers: list[str]) -> list[list[str]]:
    return [form.format(filler).split() for filler in fillers]


def test_the_slot_of_a_template_is_found_before_within_and_behind_its_words():
    names = [f"n{number}" for number in range(25)]
    for form, slot in (
        ("what is the plural of {} in a sentence", (5, 6)),
        ("say what comes after {}", (4, 5)),
        ("{} ምንድን ነው ብለህ ንገረኝ ዛሬ", (0, 1)),
    ):
        assert set(slots(texts(form, names))) == {slot}
    several = [f"{name} x y{number}" for number, name in enumerate(names)]
    assert set(slots(texts("what is the plural of {} in a sentence", several))) == {(5, 8)}


def test_few_texts_or_few_words_are_no_template():
    names = [f"n{number}" for number in range(25)]
    for found in (texts("what is the plural of {} here", names[:19]), texts("what is {}", names), [[], ["a"], ["a"] * 30]):
        assert slots(found) == [(0, len(text)) for text in found]
    assert slots([]) == []
