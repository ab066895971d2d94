import random
import runpy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from root import ROOT
from rouge_score.rouge_scorer import RougeScorer

from mbegu.errors import BadInput
from mbegu.metrics import modules, rouge
from mbegu.text.words import words

TYPES = ["rouge1", "rouge2", "rouge4", "rougeL", "rougeLsum"]
REFERENCE, STEMMED = RougeScorer(TYPES), RougeScorer(TYPES, use_stemmer=True)
# few words, so that repeats and ties between common subsequences are frequent
PIECES = ["a", "b", "c", "the", "Fund", "running", "KES", "1,000", "25.5", "x_y", "!", "\n", "\n\n", "-", "don't"]
PLAIN = runpy.run_path(str(ROOT / "benchmarks/plain_rouge.py"))["score"]
NOTHING = rouge.Rating(0.0, 0.0, 0.0)  # rouge_score's answer where there is nothing to compare with


def assert_equal_to_rouge_score(prediction: str, reference: str) -> None:
    for scorer, stemmer in ((REFERENCE, None), (STEMMED, rouge.porter)):
        ours = rouge.score(prediction, [reference], TYPES, stemmer)
        theirs = scorer.score(reference, prediction)
        for name in TYPES:
            assert (ours[name] or NOTHING) == pytest.approx(tuple(theirs[name]), abs=1e-12), (name, prediction, reference)


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


def test_equals_rouge_score_on_five_thousand_words():
    draw = random.Random(1)
    vocabulary = [f"w{number}" for number in range(400)]
    assert_equal_to_rouge_score(*(" ".join(draw.choices(vocabulary, k=count)) for count in (5000, 200)))


def test_equals_rouge_score_on_thousands_of_random_pairs():
    draw = random.Random(2)
    for _ in range(3000):
        assert_equal_to_rouge_score(*(" ".join(draw.choices(PIECES, k=draw.choice([0, 1, 3, 12, 40]))) for _ in range(2)))


SCRIPTS = {
    "Amharic": ("ሰላም ለእናንተ ይሁን። አዲስ ስልክ", "ሰላም ለእናንተ ይሁን፤ አዲስ ቤት", 4 / 5),
    "Swahili": ("Habari ya asubuhi, rafiki", "Habari ya jioni, rafiki", 3 / 4),
    "Arabic": ("مرحبا بالعالم الجديد", "مرحبا بالعالم القديم", 2 / 3),
    "Chinese": ("你好世界", "你好朋友", 2 / 4),
    "emoji": ("🌱 mbegu 🌱", "🌱 mbegu 🌻", 2 / 3),
    "mixed": ("ETB 25.5 ብር", "ETB 25.5 ዶላር", 3 / 4),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scores_text_in_any_script(name):
    prediction, reference, expected = SCRIPTS[name]
    scores = rouge.score(prediction, [reference], ["rouge1", "rougeL"])
    assert scores["rouge1"].f1 == pytest.approx(expected) and scores["rougeL"].f1 == pytest.approx(expected)
    assert rouge.score(reference, [reference])["rougeLsum"].f1 == 1


MANY = [
    "ሰላም", "ለእናንተ", "ይሁን።", "ፀሐይ", "::", "habari", "yako", "Shilingi", "🌱", "👩\u200d🌾", "مرحبا", "بالعالم؟",
    "ال\u200cكتاب", "שלום", "\u202b25.5\u202c", "e188b0", "KES", "don't", "你好。", "mar\ufeffket", "\n", "!?", "\ud83c",
]  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(MANY), max_size=25), st.lists(st.sampled_from(MANY), max_size=25))
def test_equals_plain_python_in_every_script_to_the_last_bit(prediction, reference):
    one, other = " ".join(prediction), " ".join(reference)
    assert {name: rated or NOTHING for name, rated in rouge.score(one, [other], TYPES).items()} == PLAIN(one, other, TYPES)


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(st.sampled_from(MANY), max_size=12).map(" ".join),
    st.lists(st.lists(st.sampled_from(MANY), max_size=8).map(" ".join), max_size=5),
    st.sampled_from([None, rouge.porter, str.upper]),
)
def test_of_several_references_each_type_has_the_best_to_the_last_bit(prediction, references, stemmer):
    alone = [rouge.score(prediction, [reference], TYPES, stemmer) for reference in references]
    rated = [scores for scores in alone if scores["rouge1"] is not None]
    best = {name: max((scores[name] for scores in rated), key=lambda one: one.f1, default=None) for name in TYPES}
    assert rouge.score(prediction, references, TYPES, stemmer) == best
    assert len(rated) == sum(words(reference) != [] for reference in references)


@pytest.mark.parametrize("types", [[], ["rougeLsum"], ["rougeLsum", "rouge2"], ["rouge1", "rouge1"], ("rougeL", "rougeLsum")])
@pytest.mark.parametrize("text", ["a b", "a\nb c", "ሀ ለ። ሐ"])
def test_each_type_asked_for_has_a_rating(types, text):
    scores = rouge.score(text, [text, "!?\n"], types)
    assert [*scores] == [*dict.fromkeys(types)] and all(isinstance(one, rouge.Rating) for one in scores.values())
    assert scores == {name: PLAIN(text, text, TYPES)[name] for name in types}


@pytest.mark.parametrize("name", ["Amharic", "Arabic", "Chinese"])
def test_rouge_score_is_blind_where_we_see(name):
    prediction, _, _ = SCRIPTS[name]
    assert REFERENCE.score(prediction, prediction)["rougeL"].fmeasure == 0
    assert REFERENCE.score(*SCRIPTS["mixed"][:2])["rougeL"].fmeasure == 1  # and sees no difference here


def test_zero_width_characters_inside_a_word_change_nothing():
    assert rouge.score("ሰ\u200cላም mar\ufeffket", ["ሰላም market"])["rougeL"].f1 == 1


@pytest.mark.parametrize(
    ("stop", "sentence"), [("።", "ሀ ለ"), ("؟", "مرحبا بالعالم"), ("。", "你好"), ("\n", "a b"), ("::", "ሀ ለ")]
)
def test_the_order_of_sentences_does_not_matter_to_lsum_in_any_script(stop, sentence):
    other = sentence[::-1] if stop != "؟" else "الجديد القديم"
    scores = rouge.score(f"{other}{stop} {sentence}{stop}", [f"{sentence}{stop} {other}{stop}"], ["rougeL", "rougeLsum"])
    assert scores["rougeLsum"].f1 == 1 > scores["rougeL"].f1


def test_of_several_references_the_nearest_counts():
    assert rouge.score("a b", ["c d", "a b", "a"], ["rouge1"])["rouge1"].f1 == 1


def test_a_reference_without_a_word_is_reported_and_not_scored():
    assert rouge.score("a", ["።", ""]) == dict.fromkeys(rouge.TYPES)
    assert rouge.score("", ["a"])["rougeL"] == NOTHING
    result = modules.Rouge(keep_in_memory=True).compute(predictions=["a b", "c"], references=["a b", "!?"])
    assert (result["rougeL"], result["unscored"]) == (1.0, 1)


def test_precision_recall_and_f1_are_told_apart():
    assert rouge.score("a b c d", ["a b"], ["rouge1"])["rouge1"] == rouge.Rating(0.5, 1.0, pytest.approx(2 / 3))


def test_the_metric_is_the_mean_of_the_pairs_without_a_network():
    result = modules.Rouge(keep_in_memory=True).compute(predictions=["a b", "c"], references=["a b", "d"])
    assert [result[name] for name in ("rouge1", "rouge2", "rougeL", "rougeLsum")] == [0.5] * 4
    for stem, expected in ((False, 0), (True, 1)):
        pair = {"predictions": ["running"], "references": ["runs and runs"]}
        assert modules.Rouge(keep_in_memory=True).compute(**pair, stem=stem)["rouge1_precision"] == expected


def test_predictions_and_references_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="Mismatch in the number of predictions"):
        modules.Rouge(keep_in_memory=True).compute(predictions=["a", "b"], references=["a"])


def test_a_long_answer_and_half_a_surrogate_pair_are_scored():
    assert rouge.score("ሰላም " * 25_000, ["ሰላም ለዓለም"])["rougeL"].recall == 0.5
    assert rouge.score("a \ud83c b", ["a b"])["rougeL"].f1 == 1


def test_an_unknown_type_is_one_clear_sentence():
    with pytest.raises(BadInput, match=r"score\.rouge: no type 'rogueL'; there are rouge1 to rouge9"):
        rouge.score("a", ["a"], ["rogueL"])
