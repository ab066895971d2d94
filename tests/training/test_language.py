"""How well a base knows a language, on a tiny model; the numbers of the embedded one stand in the modules' docstrings."""

import pytest
import torch
from datasets import Dataset
from languages import AMHARIC, SWAHILI

from mbegu.models.loading import load_base
from mbegu.training import language, packing
from mbegu.training.english import ANSWERS
from mbegu.training.spelling import ROWS, sampled, spelt, tokens_a_word


@pytest.fixture(scope="module")
def model(tiny_base):
    return load_base(tiny_base, "none", packing.NAME)


def encoded(pairs, tokenizer) -> Dataset:
    prompt = tokenizer("Question: ")["input_ids"]
    return Dataset.from_list([
        {"id": str(n), "input_ids": [*prompt, *tokenizer(text)["input_ids"], tokenizer.eos_token_id],
         "completion_start": len(prompt)}
        for n, (_, text) in enumerate(pairs)
    ])  # fmt: skip


def test_nats_a_byte_are_those_of_the_texts_one_by_one(model, tiny_tokenizer):
    texts = [*ANSWERS[:9], SWAHILI[0][1], AMHARIC[0][1], "مرحبا 🌱\u200d", ""]
    ids = [tiny_tokenizer(text)["input_ids"] for text in texts]
    nats = sum(
        float(torch.nn.functional.cross_entropy(model(torch.tensor([row])).logits[0, :-1].float(), torch.tensor(row[1:]),
                                                reduction="sum"))
        for row in ids if len(row) > 1
    )  # fmt: skip
    size = sum(len(text.encode()) for text in texts)
    assert language.nats_a_byte(model, ids, tiny_tokenizer) == pytest.approx(nats / size, rel=1e-3)


def test_a_language_that_costs_more_a_byte_than_english_is_said(model, tiny_tokenizer, monkeypatch):
    # the vocabulary was made of the first (tests/tiny.py)
    english, spelt_out = [("", "A money market fund pays interest every day.")] * 8, [("", "קצרשתםןץףך" * 6)] * 8
    monkeypatch.setattr(language, "UNKNOWN", 1.0)  # a model of random weights knows no language: bytes a token decide
    assert language.unknown(model, encoded(english, tiny_tokenizer), tiny_tokenizer) is None
    found = language.unknown(model, encoded(spelt_out, tiny_tokenizer), tiny_tokenizer)
    assert "hardly knows the language" in found and "times as many" in found


def test_the_sample_is_bounded_and_the_same_in_any_order(tiny_tokenizer):
    rows = encoded(SWAHILI * 20, tiny_tokenizer)
    sample = language._sample(rows)
    assert sample == language._sample(rows.select(range(len(rows) - 1, -1, -1)))
    assert len(sample) <= language.ROWS and sum(map(len, sample)) < language.TOKENS + 200


def test_a_script_that_is_spelt_byte_by_byte_is_said_and_one_without_spaces_is_counted_by_letters(tiny_tokenizer):
    rows = [{"id": str(n), "output": text.replace(" ", "")} for n, (_, text) in enumerate(AMHARIC)]
    assert "tokenizer cuts a word of these answers into" in spelt(rows, tiny_tokenizer)
    assert spelt([{"id": str(n), "output": text} for n, text in enumerate(ANSWERS)], tiny_tokenizer) is None
    assert tokens_a_word(["水をやる"], tiny_tokenizer) <= 4 and tokens_a_word(["🌱"], tiny_tokenizer) > 0
    assert tokens_a_word([""], tiny_tokenizer) == 0


def test_a_sample_says_what_all_rows_do(tiny_tokenizer):
    """Also of rows that are alike in their ids, of which the first count."""
    said = [text.replace(" ", "") for _, text in AMHARIC]
    rows = [{"id": f"{number % 5000}", "output": said[number % len(said)]} for number in range(15_000)]
    sample: list = []
    assert list(sampled(rows, sample)) == rows
    assert len(sample) <= 100 * ROWS
    assert spelt(sample, tiny_tokenizer) == spelt(rows, tiny_tokenizer) is not None
