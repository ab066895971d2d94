import random

import pytest
from rouge_score import tokenizers

from mbegu.rows.nearest import Match, nearest, pool, same_numbers
from mbegu.text.trimming import trim
from mbegu.text.words import fold, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ሰላም ለእናንተ ይሁን።", ["ሰላም", "ለእናንተ", "ይሁን"]),
        ("አንድ፡ሁለት::ሦስት", ["አንድ", "ሁለት", "ሦስት"]),
        ("Ng'ombe wa KES 5,000", ["ng", "ombe", "wa", "kes", "5", "000"]),
        ("مرحبا، بالعالم", ["مرحبا", "بالعالم"]),
        ("你好 world", ["你", "好", "world"]),
        ("a\u200bb \ufeffc", ["ab", "c"]),
        ("🌱 seed", ["🌱", "seed"]),
        ("cafe\u0301 CAFÉ", ["café", "café"]),
        ("!? ።", []),
        ("", []),
    ],
)
def test_words_of_any_script(text, expected):
    assert words(text) == expected


def test_words_of_ascii_text_are_those_of_rouge_score():
    draw = random.Random(0)
    theirs = tokenizers.DefaultTokenizer(use_stemmer=False)
    for _ in range(2000):
        text = "".join(chr(draw.randrange(128)) for _ in range(draw.randrange(40)))
        assert words(text) == theirs.tokenize(text)


def test_fold_joins_white_space_and_composes():
    assert fold("  a\n\tb\u00a0 cafe\u0301 ") == "a b café"


def row(instruction: str, input_: str = "") -> dict:
    return {"id": instruction, "instruction": instruction, "input": input_}


def test_nearest_is_strictly_above_the_threshold():
    rows = [row("one two three four"), row("ሰላም ለእናንተ ይሁን ዛሬ")]
    assert nearest(row("one two three five"), rows, pool(rows), 0.75) is None
    assert nearest(row("one two three five"), rows, pool(rows), 0.74) == Match(rows[0], 0.75)
    assert nearest(row("ሰላም ለእናንተ ይሁን ነገ"), rows, pool(rows), 0.7) == Match(rows[1], 0.75)
    assert nearest(row("፠"), [row("።")], pool([row("።")]), 0.0) is None


def test_questions_that_differ_by_a_number_are_told_apart():
    assert not same_numbers(row("Interest on KES 5,000?"), row("Interest on KES 9,000?"))
    assert same_numbers(row("Interest on 5,000 KES"), row("What interest on 5,000?"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("    def f(x):\n        return x\n", "    def f(x):\n        return x"),
        ("\n \r\n\t- አንድ\n\t- ሁለት  \n\n", "\t- አንድ\n\t- ሁለት"),
        ("  - moja\n  - mbili\n", "  - moja\n  - mbili"),
        ("    return x", "    return x"),
        ("\treturn x ", "\treturn x"),
        ("  A pool. ", "A pool."),
        ("   three", "three"),
        ("\u00a0 صندوق\u200f \u2029", "صندوق\u200f"),
        ("\u200b 👨‍👩‍👧 \n", "\u200b 👨‍👩‍👧"),
        ("one  \ntwo", "one  \ntwo"),
        (" \n\t", ""),
        ("", ""),
    ],
)
def test_outer_blanks_are_noise_but_indentation_is_not(text, kept):
    assert trim(text) == trim(kept) == kept
