"""Verdicts of IFEval's own checks. The answers are ours; for each, the published code gives the verdict that stands here."""

import time

import pytest

from mbegu.errors import BadInput
from mbegu.rows.checks import follows, parse_checks
from mbegu.rows.published import CHECKS

VERDICTS = [
    ("keywords:existence", {"keywords": ["bond", "ብር"]}, "Bonds cost 5 ብር.", "Bonds cost 5."),
    ("keywords:frequency", {"keyword": "fund", "frequency": 2, "relation": "at least"}, "A fund of funds.", "A fund."),
    ("keywords:frequency", {"keyword": "fund", "frequency": 2, "relation": "less than"}, "A fund.", "A fund of funds."),
    ("keywords:forbidden_words", {"forbidden_words": ["risk"]}, "It is risky, ሰላም", "No RISK at all."),
    ("keywords:letter_frequency", {"letter": "B", "let_frequency": 2, "let_relation": "at least"}, "A bond, Bob", "A bond"),
    ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"}, "One. Two!", "Mr. X pays 2.5 percent"),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "less than"},
        "Ask Dr. Mwangi about 2.5 percent",
        "One. Two.",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "one\n***\ntwo\n***", "one\n\ntwo"),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "*** أ *** ب", "one *** *** two"),
    ("length_constraints:number_words", {"num_words": 4, "relation": "at least"}, "I don't know", "No idea, አላውቅም"),
    ("length_constraints:number_words", {"num_words": 4, "relation": "less than"}, "three short words", "one two three four"),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Then"},
        'First this.\n\n"then, that.',
        "First this.\n\nAnd then that.",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "Dear [name], [date]", "Dear [name]"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye.\np. s. call me", "Bye. PS call me"),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "Bye.\nP.P.S call", "Bye.\nP.S. call"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* one\n  - two\n1. three", "1. one\n2. two"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "-5 percent", "**Bold** words"),
    ("detectable_format:constrained_response", {}, "Well: My answer is no.", "My answer: no."),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*one* and *two*", "*one* and * *"),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "**bold**", "* a bullet"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Section", "num_sections": 2},
        "Section 1\na\nSection 2\nb",
        "Section 1",
    ),
    ("detectable_format:json_format", {}, '```JSON\n{"ዋጋ": 5}\n```', '{"a": 5,}'),
    ("detectable_format:json_format", {}, '"text"', 'Here: {"a": 5}'),
    ("detectable_format:title", {}, "<<ርዕስ>>\ntext", "<< >>\ntext"),
    ("combination:two_responses", {}, "one ****** two", "one ****** one"),
    ("combination:two_responses", {}, "******\none\n******\ntwo", "one ****** ****** two"),
    ("combination:repeat_prompt", {"prompt_to_repeat": "What is a fund? "}, " what is a FUND? A pool.", "A pool."),
    ("startend:end_checker", {"end_phrase": "Any other questions?"}, 'Yes. "any other questions?"', "Any other questions? No."),
    ("startend:quotation", {}, ' "Say so." ', '"Say" so'),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        "BUY the NSE-20 now",
        "Buy NSE",
    ),
    ("change_case:english_capital", {}, "THE FUND PAYS INTEREST EVERY DAY.", "The FUND PAYS INTEREST EVERY DAY."),
    ("change_case:english_capital", {}, "READ THE TRUST DEED FIRST.", "MFUKO HULIPA FAIDA KILA SIKU, NA KODI HUKATWA."),
    ("change_case:english_lowercase", {}, "the fund pays interest every day.", "The fund pays interest every day."),
    ("punctuation:no_comma", {}, "one، two፣ three", "one, two"),
]


@pytest.mark.parametrize(("name", "arguments", "good", "bad"), VERDICTS)
def test_a_published_check_is_met_or_not(name, arguments, good, bad):
    checks = parse_checks({name: arguments}, "row")
    assert (follows(good, checks), follows(bad, checks)) == ({name: True}, {name: False})


def test_each_has_a_verdict_of_both_kinds_and_none_is_met_by_an_empty_answer():
    assert {name for name, *_ in VERDICTS} == set(CHECKS)
    assert not any(follows(" \u200b", parse_checks({name: given}, "row"))[name] for name, given, *_ in VERDICTS)


def test_arguments_that_are_null_on_the_hub_are_left_out_and_own_checks_come_first():
    given = {"punctuation:no_comma": {"num_words": None, "relation": None}, "max_words": 5}
    assert list(parse_checks(given, "row").items()) == [("max_words", 5), ("punctuation:no_comma", {})]


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        ({"punctuation:no_commas": {}}, "unknown check 'punctuation:no_commas'. Did you mean 'punctuation:no_comma'?"),
        ({"x:y": {}}, "unknown check 'x:y'. Expected keywords:existence, keywords:frequency, "),
        (
            {"punctuation:no_comma": True},
            "check 'punctuation:no_comma' is true, expected an object of its arguments, such as {}.",
        ),
        ({"punctuation:no_comma": {"a": 1}}, "check 'punctuation:no_comma' has a, expected no arguments, {}."),
        ({"length_constraints:number_words": {"num_words": 5}}, "has num_words, expected the arguments num_words, relation."),
        (
            {"length_constraints:number_words": {"num_words": 5, "relation": "at most"}},
            "'relation' of check 'length_constraints:number_words' is \"at most\", expected one of 'less than', 'at least'.",
        ),
        ({"detectable_format:number_bullet_lists": {"num_bullets": True}}, "is true, expected a whole number of at least 0."),
        ({"keywords:existence": {"keywords": "ብር"}}, 'is "ብር", expected a list of words, none empty.'),
        (
            {"keywords:letter_frequency": {"letter": "ab", "let_frequency": 1, "let_relation": "at least"}},
            "of a letter, one letter.",
        ),
    ],
)
def test_bad_arguments(checks, message):
    with pytest.raises(BadInput) as error:
        parse_checks(checks, "data/heldout.jsonl:7")
    assert message in str(error.value) and str(error.value).startswith("data/heldout.jsonl:7: ")


@pytest.mark.parametrize("unit", ["neno ", "- ", "[", "<", "\n", "*", "* ", "***", "A. ", '"', "\n\n", "ሀ", ">>", "<<a", " "])
def test_100_000_characters_need_no_five_seconds(unit):
    text = f"x{unit * 100_000}"[:100_000]
    checks = [parse_checks({name: given}, "row") for name, given, *_ in VERDICTS]
    follows(text[:100], checks[0])
    start = time.process_time()
    for check in checks:
        follows(text, check)
    assert time.process_time() - start < 5
