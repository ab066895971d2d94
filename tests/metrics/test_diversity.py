"""Distinct-n by numbers is what it is by words."""

import random

import pytest

from mbegu.metrics.diversity import distinct
from mbegu.text.words import words

SAID = [
    "ሰላም",
    "ለእናንተ",
    "ይሁን",
    "habari",
    "yako",
    "🙂",
    "👩\u200d🌾",
    "zero\u200bwidth",
    "zerowidth",
    "مرحبا",
    "بكم",
    "\u202bשלום\u202c",
    "12",
    "15,000",
    "🌱",
]


def by_words(texts: list[str], n: int) -> float:
    """As Li et al. define it."""
    grams = [gram for tokens in map(words, texts) for gram in zip(*(tokens[i:] for i in range(n)), strict=False)]
    return len(set(grams)) / len(grams) if grams else 0.0


@pytest.mark.parametrize("count", [1, 2, 7, 500])
def test_words_and_pairs_of_any_script_are_counted_as_they_are(count):
    draw = random.Random(count)
    texts = [" ".join(draw.choices(SAID, k=draw.randint(0, 12))) for _ in range(count)]
    assert distinct(iter(texts)) == (by_words(texts, 1), by_words(texts, 2))


@pytest.mark.parametrize("texts", [[], [""], ["\u200b", "።"], ["ሰላም"], ["one", "one"], ["a b", "b a"], ["a a a"], ["\ud83c x"]])
def test_texts_of_few_words(texts):
    assert distinct(texts) == (by_words(texts, 1), by_words(texts, 2))
