"""The index decides as the reference implementation of ROUGE-L does, and faster."""

import random

import pytest
from root import ROOT, ours
from rouge_score.rouge_scorer import RougeScorer

from mbegu.rows.heldout import read_heldout
from mbegu.rows.row import question, read_rows
from mbegu.text.alike import Index, rouge_l
from mbegu.text.words import words

SCORER = RougeScorer(["rougeL"])


def random_text(draw: random.Random, vocabulary: int) -> str:
    return " ".join(f"w{int(draw.paretovariate(0.7)) % vocabulary}" for _ in range(draw.randint(0, 30)))


@pytest.mark.parametrize("vocabulary", [5, 60, 3000])
def test_greedy_decisions_equal_those_of_rouge_score(vocabulary):
    draw = random.Random(vocabulary)
    texts = [random_text(draw, vocabulary) for _ in range(150)]
    texts += [text.replace("w1 ", "w2 ", 1) for text in texts]
    index, kept = Index(), []
    for text in texts:
        scores = [SCORER.score(earlier, text)["rougeL"].fmeasure for earlier in kept]
        near = index.nearest(words(text), 0.7)
        assert (near is not None) == (max(scores, default=0) > 0.7)
        if near is None:
            index.add(words(text))
            kept.append(text)
        else:
            assert near.score == max(scores)
            assert near.position == scores.index(max(scores))


def test_scores_equal_those_of_rouge_score_on_thousands_of_pairs():
    draw = random.Random(1)
    for _ in range(3000):
        first, second = random_text(draw, 8), random_text(draw, 8)
        index = Index()
        index.add(words(first))
        near = index.nearest(words(second))
        assert (near.score if near else 0.0) == SCORER.score(first, second)["rougeL"].fmeasure


@ours
def test_decisions_on_this_projects_own_questions_equal_those_of_rouge_score():
    seeds = [read_rows(ROOT / f"data/seeds/{name}.jsonl", answered=False) for name in ("v1", "v2")]
    texts = [question(row) for rows in (*seeds, read_heldout(ROOT / "data/heldout.jsonl")) for row in rows]
    texts = [text for text in texts if text.isascii()]
    index = Index()
    for text in texts:
        index.add(words(text))
    for above in (0.3, 0.4, 0.5):
        for text in texts[::9]:
            scores = [SCORER.score(other, text)["rougeL"].fmeasure for other in texts]
            near = index.near(words(text), above)
            assert {found.position for found in near} == {place for place, score in enumerate(scores) if score > above}


def test_the_bound_itself_is_kept_out_of_it():
    index = Index()
    index.add([str(n) for n in range(10)])
    seven = [*map(str, range(7)), "a", "b", "c"]
    assert index.nearest(seven).score == rouge_l(7, 10, 10)
    assert index.nearest(seven, rouge_l(7, 10, 10)) is None


def test_two_amharic_questions_that_differ_are_not_alike_though_rouge_score_reads_both_as_nothing():
    first, second = "የገንዘብ ገበያ ፈንድ ምንድን ነው?", "የቤት ኪራይ ውል እንዴት ይጻፋል?"
    index = Index()
    index.add(words(first))
    assert index.nearest(words(second), 0.7) is None
    assert index.nearest(words(first), 0.7).score == 1.0


def test_near_lists_all_the_nearest_first_and_empty_texts_match_nothing():
    index = Index()
    for text in ("a b c d", "a b c e", "", "x y", "a b c d"):
        index.add(words(text))
    assert [near.position for near in index.near(words("a b c d"), 0.5)] == [0, 4, 1]
    assert index.nearest([]) is None
    assert index.near([], 0.0) == []
    assert Index().nearest(["a"]) is None
    assert len(index) == 5


def test_an_index_grows_past_its_first_size():
    index = Index()
    for number in range(1500):
        index.add([f"w{number}", f"x{number}", "the"])
    assert index.nearest(["w1400", "x1400", "the"], 0.9).position == 1400
