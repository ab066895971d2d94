import doctest
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from mbegu.errors import BadInput
from mbegu.metrics import rouge

TYPES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
REFERENCE = RougeScorer(TYPES)
# few words, so that repeats and ties between common subsequences are frequent
PIECES = ["a", "b", "c", "the", "Fund", "KES", "1,000", "25.5", "x_y", "!", "\n", "\n\n", "-", "don't"]


def assert_equal_to_rouge_score(prediction: str, reference: str) -> None:
    ours = rouge.per_pair([prediction], [reference], TYPES)
    theirs = REFERENCE.score(reference, prediction)
    for name in TYPES:
        assert ours[name][0] == pytest.approx(theirs[name].fmeasure, abs=1e-12), (name, prediction, reference)


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.lists(st.sampled_from(PIECES), max_size=30))
def test_equals_rouge_score_on_repetitive_text(prediction, reference):
    assert_equal_to_rouge_score(" ".join(prediction), " ".join(reference))


@settings(max_examples=1500, deadline=None)
@given(st.text(st.characters(max_codepoint=127), max_size=80), st.text(st.characters(max_codepoint=127), max_size=80))
def test_equals_rouge_score_on_any_ascii_text(prediction, reference):
    assert_equal_to_rouge_score(prediction, reference)


@pytest.mark.parametrize("pair", [("", ""), ("", "a"), ("a", ""), ("\n\n", "a"), ("a", "a"), ("a a a", "a"), ("!?", "!?")])
def test_equals_rouge_score_at_the_edges(pair):
    assert_equal_to_rouge_score(*pair)


def test_equals_rouge_score_on_a_long_pair():
    draw = random.Random(0)
    texts = [" ".join(draw.choices(PIECES, k=1500)) for _ in range(2)]
    assert_equal_to_rouge_score(*texts)


@pytest.mark.parametrize(
    "text", ["ሰላም ለእናንተ ይሁን።", "Habari ya asubuhi, rafiki", "مرحبا بالعالم", "你好世界", "🌱 mbegu 🌱", "KES 5,000 ብር"]
)
def test_identical_texts_score_one_in_any_script(text):
    assert {name: values[0] for name, values in rouge.per_pair([text], [text], ["rouge1", "rougeL", "rougeLsum"]).items()} == {
        "rouge1": 1.0,
        "rougeL": 1.0,
        "rougeLsum": 1.0,
    }


def test_rouge_score_is_blind_where_we_see():
    assert REFERENCE.score("ሰላም ለእናንተ", "ሰላም ለእናንተ")["rougeL"].fmeasure == 0
    assert REFERENCE.score("ETB 25.5 ብር", "ETB 25.5 ዶላር")["rougeL"].fmeasure == 1
    assert rouge.rouge_l("ETB 25.5 ብር", "ETB 25.5 ዶላር") == pytest.approx(0.75)


def test_zero_width_characters_inside_a_word_change_nothing():
    assert rouge.rouge_l("ሰ\u200cላም mar\ufeffket", "ሰላም market") == 1


def test_the_metric_is_the_mean_of_the_pairs_without_a_network():
    result = rouge.Rouge(keep_in_memory=True).compute(predictions=["a b", "c"], references=["a b", "d"])
    assert result == {"rouge1": 0.5, "rouge2": 0.5, "rougeL": 0.5, "rougeLsum": 0.5}


def test_an_unknown_type_is_one_clear_sentence():
    with pytest.raises(BadInput, match=r"score\.rouge: no type 'rogueL'; there are rouge1 to rouge9"):
        rouge.per_pair(["a"], ["a"], ["rogueL"])


def test_the_worked_example_runs():
    assert doctest.testmod(rouge).failed == 0
