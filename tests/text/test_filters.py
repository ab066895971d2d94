"""Filters of machine-written text, in several scripts."""

import pytest

from mbegu.text import filters

AMHARIC = "የገንዘብ ገበያ ፈንድ ምንድን ነው?"
SWAHILI = "Mfuko wa soko la fedha ni nini?"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("What is a fund?", None),
        (AMHARIC, None),
        ("“Which fund pays daily?”", None),
        ("¿Qué es un fondo?", None),
        ("(For members) How do I join?", None),
        ("$100 or KES 13,000: which is safer?", None),
        ("🙂 What is a fund?", None),
        ("ما هو الصندوق؟", None),
        (", and the fee", "leading punctuation"),
        ("። ከዚያም", "leading punctuation"),
        ("- a list item", "leading punctuation"),
        ("\u200b... rest", "leading punctuation"),
    ],
)
def test_leading_punctuation(text, reason):
    found = filters.leading_punctuation(text.lstrip("\u200b"))
    assert (found[0] if found else None) == reason


def test_length_counts_words_of_any_script():
    assert filters.length(AMHARIC, 3, 10) is None
    assert filters.length(AMHARIC, 6, 10) == ("too short", 5)
    assert filters.length(SWAHILI, 1, 5) == ("too long", 7)


def test_a_topic_is_found_as_whole_words_in_order():
    assert filters.about("Draw a map of Kenya", ["map"]) == ("blacklisted topic: map", None)
    assert filters.about("Explain the mapping of fees", ["map"]) is None
    assert filters.about("Look at the website below please", ["website below"]) is not None
    assert filters.about("Below, name a website", ["website below"]) is None
    assert filters.about("ይህን ሥዕል ግለጽ", ["ሥዕል"]) is not None


def test_an_echo_is_an_answer_that_repeats_the_question():
    assert filters.echoes("what IS a fund", "What is a fund?", "")[0] == "answer equals the instruction"
    assert filters.echoes("KES 5,000", "Add tax.", "KES 5,000.")[0] == "answer equals the input"
    assert filters.echoes("A pool of money.", "What is a fund?", "") is None


def test_empty_is_text_without_a_letter_or_digit():
    assert filters.empty(" …🙂\u200d ") is not None
    assert filters.empty("።") is not None
    assert filters.empty("ሀ") is None
    assert filters.empty("7") is None


def test_the_script_of_a_text_is_that_of_most_letters():
    assert filters.script(AMHARIC) == "Ethiopic"
    assert filters.script(SWAHILI) == "Latin"
    assert filters.script("ما هو KES؟ وما هي الفائدة؟") == "Arabic"
    assert filters.script("123 …") is None
    assert filters.foreign_script("Что такое фонд?", {"Latin", "Ethiopic"}) == ("wrong script: Cyrillic", None)
    assert filters.foreign_script(f"{AMHARIC} (CIC, M-Pesa)", {"Ethiopic"}) is None
    assert filters.foreign_script(SWAHILI, set()) is None


def test_repetition_and_its_bound():
    assert filters.repetition("a b c d e f g") == filters.repetition("short") == 0
    assert filters.repetition("ሰላም ነው " * 20) > 0.9
    assert filters.repetitive("a b c d e f g h", 0.2) is None
    assert filters.repetitive("pay the fee now " * 6, 0.2)[0] == "repetitive"
    assert filters.repetitive("ክፍያውን አሁን ይክፈሉ እባክዎ " * 6, 0.2)[0] == "repetitive"


def test_marks_are_the_numbers_and_names_of_a_question():
    assert filters.marks("What does CIC pay on KES 5,000 a year?") == ["000", "5", "cic", "kes"]
    assert filters.marks("What does Sanlam pay on KES 5,000 a year?") == ["000", "5", "kes", "sanlam"]
    assert filters.marks("Is this safe? What is a fund?") == []  # a capital that begins a sentence is no name
    assert filters.marks("ለ5,000 ብር ምን ይከፈላል?", ["ብር"]) == ["000", "ለ5", "ብር"]
    assert filters.marks("what does cic pay?", ["CIC"]) == ["cic"]


def test_a_control_token_is_named():
    assert filters.control_token("end<|im_end|>", ["<|im_end|>"]) == ("control token: <|im_end|>", None)
