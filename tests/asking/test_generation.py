import pytest
import torch

from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import Wanted, generate, generate_one, padded, requests_for, sampler
from mbegu.models.loading import load_base

TEXTS = [f"<|im_start|>user\nQuestion {n}: ሰላም {'interest ' * n}<|im_end|>\n<|im_start|>assistant\n" for n in range(6)]


def answers(texts, base, tokenizer, quantization="nf4", decoding=Decoding(6)):  # noqa: B008
    model = load_base(base, quantization).eval()
    wanted = [Wanted(text, len(text)) for text in texts]
    done = generate(wanted, decoding, 4, model, tokenizer, special_tokens=False, label="Test")
    return {texts[index]: answer for index, answer in done}


def test_an_answer_does_not_depend_on_who_else_is_asked(tiny_base, tiny_tokenizer):
    together = answers(TEXTS, tiny_base, tiny_tokenizer)
    assert len(together) == len(TEXTS)
    for text in TEXTS:
        assert answers([text], tiny_base, tiny_tokenizer)[text] == together[text]


def test_a_sampled_answer_depends_on_its_own_seed_and_not_on_who_else_is_asked(tiny_base, tiny_tokenizer):
    drawn = Decoding(6, 1.5, 0.95, 1.1)
    together = answers(TEXTS, tiny_base, tiny_tokenizer, decoding=drawn)
    assert together != answers(TEXTS, tiny_base, tiny_tokenizer)
    for text in TEXTS[::2]:
        assert answers([text], tiny_base, tiny_tokenizer, decoding=drawn)[text] == together[text]


def test_the_sampler_draws_from_the_nucleus_in_the_right_shares():
    scores = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(2000, 1)
    chosen = sampler(list(range(2000)), 1.0, 0.9)(None, scores).argmax(-1).bincount(minlength=4) / 2000
    assert chosen[3] == 0  # 0.5 + 0.3 + 0.15 reach 0.9 without it
    assert torch.allclose(chosen[:3], torch.tensor([0.5, 0.3, 0.15]) / 0.95, atol=0.04)
    cold = sampler([1] * 2000, 0.01, 1.0)(None, scores).argmax(-1)
    assert set(cold.tolist()) == {0}


def test_the_sampler_sorts_the_whole_vocabulary_where_the_top_holds_too_little():
    scores = torch.zeros(300, 5000)
    chosen = sampler(list(range(300)), 1.0, 1.0)(None, scores).argmax(-1)
    assert chosen.unique().numel() > 250 and chosen.max() > 4000


def test_an_answer_ends_at_the_end_token_or_says_that_it_was_cut(tiny_base, tiny_tokenizer):
    for answer in answers(TEXTS, tiny_base, tiny_tokenizer).values():
        assert answer["finish_reason"] == ("length" if answer["tokens"] == 6 else "stop")
        assert "<|im_end|>" not in answer["text"]


def test_one_prompt_alone_is_answered_too(tiny_base, tiny_tokenizer):
    ids = tiny_tokenizer(TEXTS[0])["input_ids"]
    assert isinstance(generate_one(load_base(tiny_base, "none"), tiny_tokenizer, ids, 3), str)


def test_every_request_carries_what_its_answer_depends_on():
    (request,) = requests_for(["text"], {"base": "x"}, 4, 6, [2])
    assert request == {
        "model": {"base": "x"},
        "prompt": "text",
        "decoding": "greedy",
        "batch_size": 4,
        "bucket": 128,
        "max_new_tokens": 6,
    }
    (other,) = requests_for(["text"], {"base": "x"}, 4, 6, [0, 2])
    assert other == {**request, "ends": [0, 2]}


@pytest.mark.parametrize("prompt", ["مرحبا", "🌱", "habari"])
def test_other_scripts_go_through(tiny_base, tiny_tokenizer, prompt):
    assert set(answers([prompt], tiny_base, tiny_tokenizer)[prompt]) == {"text", "tokens", "finish_reason"}


@pytest.mark.parametrize(("length", "width"), [(1, 64), (64, 64), (65, 128), (128, 128), (129, 256), (300, 384)])
def test_a_prompt_is_padded_to_a_width_of_few(length, width):
    assert padded(length) == width
