"""The classifier of ads on texts of four scripts: what it sees, what is alike, what it learns, how it is measured."""

import warnings
from itertools import product

import numpy as np
import pytest
from telegram.messages import corpus, is_ad, message

from mbegu.errors import BadInput
from mbegu.sources.telegram import classifier
from mbegu.sources.telegram.figures import measure
from mbegu.sources.telegram.labelling import label_all, queue
from mbegu.sources.telegram.labels import Label

REPOST = "ዋርካ ቡና – ሲዳማ\nበዛሬው ዕለት የተቆላ\n1 ኪሎ 1,150 ብር\nመአዛው ጎረቤት ይጠራል"


def labels(messages, by="label"):
    return {message["id"]: Label("ad" if is_ad(message) else "other", by, "labels.jsonl:1") for message in messages}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ሠላም  ለዓለም", "ሰላም ለአለም"),  # letters that sound alike
        ("ዋጋ 1,150 ብር", "ዋጋ 9,320 ብር"),
        ("BEI\u200b NAFUU", "bei nafuu"),
        ("سعر ١٢٣", "سعر ٤٥٦"),
        ("\u202bعرض\u202c", "عرض"),
        ("🛒\ufe0f🔥", "🛒🔥"),
    ],
)
def test_what_makes_no_difference_to_a_reader_makes_none_to_the_classifier(one, other):
    assert classifier.shown(one) == classifier.shown(other) != ""


def test_posts_that_are_repeated_with_other_numbers_or_words_are_one_group():
    texts = [
        REPOST,
        "Mvua itaanza kesho",
        f"🔔 አስቸኳይ 🔔\n{REPOST}",
        REPOST.replace("1,150", "1,300"),
        "🔥🔥",
        "!!!",
        "!!!",
        "",
        "",
    ]
    grouped = classifier.groups(texts)
    assert grouped[0] == grouped[2] == grouped[3] and grouped[5] == grouped[6]
    assert len(set(grouped)) == 5 and len(classifier.groups([])) == 0


def test_what_is_alike_through_another_is_one_group():
    words = ["moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa", "kumi"]
    first, between, last = (" ".join(words[start : start + 6]) for start in (0, 2, 4))
    assert len(set(classifier.groups([first, last]))) == 2 and len(set(classifier.groups([first, last, between]))) == 1


def test_no_group_is_on_both_sides_and_both_labels_are_left_to_learn_from():
    generator = np.random.default_rng(11)
    for _ in range(200):
        count, folds = int(generator.integers(6, 60)), int(generator.integers(3, 7))
        grouped = generator.integers(0, count, count)
        ads = generator.integers(0, 2, count) if generator.random() < 0.5 else grouped % 2
        if min(classifier.fewest(ads, grouped)) < folds:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                splits = classifier._splits(ads, grouped, folds)
        except BadInput:
            continue  # where most groups hold both
        assert sorted(place for _, fold in splits for place in fold) == list(range(count))
        for rest, fold in splits:
            assert not set(grouped[rest]) & set(grouped[fold]) and set(ads[rest]) == {0, 1}


@pytest.mark.parametrize("channel", ["ገበያ", "soko", "سوق", "🛒"])
def test_ads_are_told_from_other_messages_in_any_script(channel):
    messages = [one for one in corpus() if one["channel"] == channel]
    found = label_all(messages, labels(messages[:16]), 3)
    assert [line["label"] == "ad" for line in found.messages] == [is_ad(one) for one in messages]
    assert all(0 <= line["probability"] <= 1 for line in found.messages)
    assert [line["by"] for line in found.messages] == ["label"] * 16 + ["classifier"] * 8
    assert found.figures["f1"] > 0.8 and found.figures["messages"] == 24 and found.figures["ads"] == 12


def test_the_same_labels_give_the_same_probabilities_and_a_person_is_never_overruled():
    messages = corpus()
    wrong = labels(messages[:60]) | {messages[0]["id"]: Label("other", "review", "r:1")}
    one, other = (label_all(messages, wrong, 5) for _ in range(2))
    assert one == other
    assert one.messages[0]["label"] == "other" and one.messages[0]["by"] == "review" and one.messages[0]["probability"] > 0.5
    assert one.figures["labelled"] == 59 and one.figures["reviewed"] == 1
    assert one.figures["measured"] == 59  # doubtful messages are reviewed, and would make the figures worse than they are


def test_where_all_labels_are_of_reviews_they_are_measured():
    messages = corpus()
    assert label_all(messages, labels(messages, "review"), 3).figures["measured"] == len(messages)


def test_the_probability_of_a_labelled_message_is_of_those_who_saw_neither_it_nor_its_like():
    """Twins with labels drawn by chance: whoever sees the one knows the other."""
    generator = np.random.default_rng(3)
    words = ["".join(letters) for letters in product("bdgkmst", "aeiou", "lnrwz", "aeiou")]
    texts = [" ".join(generator.choice(words, 8)) for _ in range(60)]
    ads = np.repeat(generator.integers(0, 2, 60), 2)
    twins = np.array([text for text in texts for _ in range(2)], object)
    guessed = classifier.out_of_fold(twins, ads, classifier.groups(twins), 5)
    leaky = classifier.out_of_fold(twins, ads, np.arange(120), 5)
    assert np.mean((guessed >= 0.5) == ads) < 0.65 < 0.8 < np.mean((leaky >= 0.5) == ads)


def test_too_few_labels_of_a_kind_say_how_many_are_wanted():
    messages = corpus()[:24]
    with pytest.raises(BadInput, match=r"^0 different messages are labelled ad and 0 other, expected at least 5 of each"):
        label_all(messages, {}, 5)
    few = labels(messages[:8]) | {messages[9]["id"]: Label("other", "label", "l:1")}
    with pytest.raises(BadInput, match=r"4 different messages are labelled ad and 5 other.*lower label.folds"):
        label_all(messages, few, 5)
    same = [message("duka", number, f"Bei {number} tu, piga simu sasa hivi") for number in range(0, 20, 2)]
    with pytest.raises(BadInput, match=r"^1 different messages are labelled ad and 5 other"):
        label_all([*messages, *same], labels(same) | {one["id"]: Label("other", "label", "l") for one in messages[1:10:2]}, 5)


def test_the_queue_holds_what_nobody_labelled_the_least_certain_first():
    given = [("a", 0.5, "classifier"), ("b", 0.31, "classifier"), ("c", 0.69, "classifier"), ("d", 0.52, "review"),
             ("e", 0.3, "classifier"), ("f", 0.299, "classifier"), ("ሰ", 0.5, "label")]  # fmt: skip
    lines = [{"id": id_, "probability": probability, "by": by} for id_, probability, by in given]
    assert [line["id"] for line in queue(lines, 0.2, 50)] == ["a", "b", "c", "e"]
    assert [line["id"] for line in queue(lines, 0.2, 2)] == ["a", "b"] and queue(lines, 0.2, 0) == []


def test_figures_are_those_that_can_be_counted_by_hand():
    probabilities, ads = np.array([0.9, 0.8, 0.6, 0.3, 0.2, 0.1]), np.array([1, 1, 0, 1, 0, 0])
    found = measure(probabilities, ads, np.arange(6))
    assert found["precision"] == found["recall"] == found["f1"] == 0.6667
    assert found["brier"] == round((0.01 + 0.04 + 0.36 + 0.49 + 0.04 + 0.01) / 6, 4)
    assert found["calibration_error"] == round((0.1 + 0.2 + 0.6 + 0.7 + 0.2 + 0.1) / 6, 4)
    assert found["f1_low"] < found["f1"] < found["f1_high"]
    assert found == measure(probabilities, ads, np.arange(6))
    assert set(found) >= {f"{name}{end}" for name in ("precision", "recall", "f1") for end in ("", "_low", "_high")}


def test_the_interval_of_messages_that_are_alike_is_as_wide_as_that_of_one_each():
    generator = np.random.default_rng(5)
    ads = generator.integers(0, 2, 80)
    probabilities = np.where(generator.random(80) < 0.85, ads, 1 - ads).astype(float)
    one = measure(probabilities, ads, np.arange(80))
    copied = measure(np.repeat(probabilities, 4), np.repeat(ads, 4), np.repeat(np.arange(80), 4))
    naive = measure(np.repeat(probabilities, 4), np.repeat(ads, 4), np.arange(320))
    widths = [found["f1_high"] - found["f1_low"] for found in (one, copied, naive)]
    assert abs(widths[0] - widths[1]) < 0.02 and widths[2] < 0.6 * widths[1]


def test_what_can_not_be_divided_is_none_and_never_nan():
    found = measure(np.array([0.1, 0.2]), np.array([1, 1]), np.arange(2))
    assert [found[name] for name in ("precision", "precision_low", "precision_high")] == [None] * 3 and found["recall"] == 0.0
