import pytest

from mbegu.generate import generate, generate_one, requests_for
from mbegu.models import load_base

TEXTS = [f"<|im_start|>user\nQuestion {n}: ሰላም {'interest ' * n}<|im_end|>\n<|im_start|>assistant\n" for n in range(6)]


def answers(texts, base, tokenizer, quantization="nf4"):
    requests = requests_for(texts, {"base": "x"}, batch_size=4, max_new_tokens=6)
    done = generate(requests, load_base(base, quantization).eval(), tokenizer, special_tokens=False, label="Test")
    return {request["prompt"]: answer for request, answer in done}


def test_an_answer_does_not_depend_on_who_else_is_asked(tiny_base, tiny_tokenizer):
    together = answers(TEXTS, tiny_base, tiny_tokenizer)
    assert len(together) == len(TEXTS)
    for text in TEXTS:
        assert answers([text], tiny_base, tiny_tokenizer)[text] == together[text]


def test_an_answer_ends_at_the_end_token_or_says_that_it_was_cut(tiny_base, tiny_tokenizer):
    for answer in answers(TEXTS, tiny_base, tiny_tokenizer).values():
        assert answer["finish_reason"] == ("length" if answer["tokens"] == 6 else "stop")
        assert "<|im_end|>" not in answer["text"]


def test_one_prompt_alone_is_answered_too(tiny_base, tiny_tokenizer):
    ids = tiny_tokenizer(TEXTS[0])["input_ids"]
    assert isinstance(generate_one(load_base(tiny_base, "none"), tiny_tokenizer, ids, 3), str)


def test_every_request_carries_what_its_answer_depends_on():
    (request,) = requests_for(["text"], {"base": "x"}, 4, 6)
    assert request == {"model": {"base": "x"}, "prompt": "text", "decoding": "greedy", "batch_size": 4, "max_new_tokens": 6}


@pytest.mark.parametrize("prompt", ["مرحبا", "🌱", "habari"])
def test_other_scripts_go_through(tiny_base, tiny_tokenizer, prompt):
    assert set(answers([prompt], tiny_base, tiny_tokenizer)[prompt]) == {"text", "tokens", "finish_reason"}
