"""Rows side by side answer as each would alone with `generate`; here on the CPU, without recordings."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

from mbegu.asking import continuous, slots

SIZES = {
    "vocab_size": 60, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512, "eos_token_id": None, "pad_token_id": 0,
    "bos_token_id": None,
}  # fmt: skip
MORE = {
    "mistral": {"sliding_window": 5},
    "gemma3_text": {"sliding_window": 5, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
}
PROMPTS = [[(7 * row + 3 * place) % 50 + 8 for place in range(3 + 5 * row % 23)] for row in range(11)]


def make(kind: str):
    torch.manual_seed(3)
    config = AutoConfig.for_model(kind, **SIZES, **MORE.get(kind, {}))
    return AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").float().eval()


def alone(model, prompt: list[int]) -> list[int]:
    settings = GenerationConfig(max_new_tokens=12, min_new_tokens=12, do_sample=False, pad_token_id=0, eos_token_id=None)
    ids = torch.tensor([prompt])
    return model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings)[0, len(prompt) :].tolist()


def cut(tokens: list[int], end: int) -> list[int]:
    return tokens[: tokens.index(end)] if end in tokens else tokens


@pytest.mark.parametrize("kind", sorted(slots.KNOWN))
def test_each_known_kind_answers_as_generate_does(kind):
    model = make(kind)
    expected = [alone(model, prompt) for prompt in PROMPTS]
    end = expected[0][5]  # so that some rows end early and make room
    found = dict(continuous.answer(PROMPTS, model, 4, 12, [end]))
    assert sorted(found) == list(range(len(PROMPTS)))
    assert [cut(found[index], end) for index in range(len(PROMPTS))] == [cut(one, end) for one in expected]
    assert model.config._attn_implementation == "sdpa"


def test_an_answer_stays_the_same_whoever_else_is_asked_and_wherever_it_stands():
    model = make("llama")
    together = dict(continuous.answer(PROMPTS, model, 4, 12, [5]))
    for index, prompt in enumerate(PROMPTS):
        ((_, tokens),) = continuous.answer([prompt], model, 4, 12, [5])
        assert cut(tokens, 5) == cut(together[index], 5)


def test_a_model_that_is_not_known_here_or_not_on_a_gpu_is_asked_by_generate():
    assert not continuous.can_answer(make("llama"))


@pytest.mark.cuda
@pytest.mark.parametrize("kind", ["llama", "gemma3_text"])
def test_on_a_gpu_too_an_answer_depends_on_nothing_but_its_request(kind):
    model = make(kind).to("cuda", torch.bfloat16)
    assert continuous.can_answer(model)
    prompts = [*PROMPTS, *([one * 9 for one in PROMPTS])][:-1]
    prompts = [one for one in prompts if len(one) <= continuous.BUCKET]
    together = dict(continuous.answer(prompts, model, 6, 40, [5]))
    turned = dict(continuous.answer(prompts[::-1], model, 6, 40, [5]))
    for index, prompt in enumerate(prompts):
        ((_, tokens),) = continuous.answer([prompt], model, 6, 40, [5])
        assert cut(tokens, 5) == cut(together[index], 5) == cut(turned[len(prompts) - 1 - index], 5)
