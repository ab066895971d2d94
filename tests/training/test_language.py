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
    english, spelt_out = [("", "A money market fund pays interest every day.")] * 30, [("", "קצרשתםןץףך" * 6)] * 8
    assert sum(map(len, language._sample(encoded(english, tiny_tokenizer), set()))) > 2 * language.FEW  # is judged
    monkeypatch.setattr(language, "UNKNOWN", 1.0)  # a model of random weights knows no language: bytes a token decide
    assert language.unknown(model, encoded(english, tiny_tokenizer), tiny_tokenizer) is None
    found = language.unknown(model, encoded(spelt_out, tiny_tokenizer), tiny_tokenizer)
    assert "hardly knows the language" in found and "times as many" in found


def test_the_sample_is_bounded_and_the_same_in_any_order(tiny_tokenizer):
    rows, special = encoded(SWAHILI * 20, tiny_tokenizer), set(tiny_tokenizer.all_special_ids)
    sample = language._sample(rows, special)
    assert sample == language._sample(rows.select(range(len(rows) - 1, -1, -1)), special)
    assert len(sample) <= language.ROWS and sum(map(len, sample)) < language.TOKENS + 200


def test_answers_are_compared_without_their_end_and_with_english_beginnings_as_long(tiny_tokenizer):
    texts = [
        *(text for _, text in AMHARIC[:9]),
        "Habari za asubuhi, wakulima wote wapendwa 🌱",
        "مرحبا\u200d بالنحل في البستان الكبير",
    ]
    answers = language._sample(encoded([("", text) for text in texts], tiny_tokenizer), set(tiny_tokenizer.all_special_ids))
    assert answers and all(tiny_tokenizer.decode(answer) in texts for answer in answers)  # whole, and no end after it
    answers = [answer[:10] for answer in answers] + [answers[0] * 100] * 6
    beginnings = [tiny_tokenizer.decode(ids) for ids in language._as_long(answers, tiny_tokenizer)]
    assert all(ANSWERS[number % len(ANSWERS)].startswith(beginning) for number, beginning in enumerate(beginnings))
    for answer, english in zip(answers, language._as_long(answers, tiny_tokenizer), strict=True):
        assert len(english) == 10 or len(answer) > len(english) > 10  # an answer longer than all of the English one


def test_names_alone_and_few_words_are_not_judged(model, tiny_tokenizer, monkeypatch):
    monkeypatch.setattr(language, "UNKNOWN", 0.0)  # all that is judged is said
    names, long = [("", "Meru"), ("", "ሜሩ"), ("", "🌱"), ("", "")], ("", "A money market fund pays interest every day. " * 3)
    few = max(len(tiny_tokenizer(text)["input_ids"]) for _, text in names)
    monkeypatch.setattr(language, "SHORT", few + 1)
    assert language.unknown(model, encoded(names * 50, tiny_tokenizer), tiny_tokenizer) is None
    assert language.unknown(model, encoded([*names * 10, long], tiny_tokenizer), tiny_tokenizer) is None
    assert language.unknown(model, encoded([*names, *[long] * 20], tiny_tokenizer), tiny_tokenizer)
    assert language.unknown(model, encoded([("", "")], tiny_tokenizer), tiny_tokenizer) is None


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
