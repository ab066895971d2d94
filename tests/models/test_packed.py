"""A copy of the weights that is laid out for a CPU changes no bit of what is computed."""

import pytest
import torch

from mbegu.models import packed
from mbegu.models.loading import load_base

CAN = packed.multiplies_bf16()  # on another processor all stays as it is


@pytest.fixture
def model(tiny_base, monkeypatch):
    monkeypatch.setattr(packed, "SMALLEST", 1)
    return load_base(tiny_base, "none").to(torch.bfloat16).eval()


def replaced(model) -> list[str]:
    return [name for name, layer in model.named_modules() if "forward" in vars(layer)]


@pytest.mark.parametrize("shape", [(1, 1), (32, 1), (3, 7), (1, 100)])
def test_every_bit_stays_the_same(model, shape):
    ids = torch.arange(shape[0] * shape[1]).reshape(shape) % 200
    with torch.inference_mode():
        before = model(input_ids=ids).logits
        after = packed.pack(model)(input_ids=ids).logits
    assert torch.equal(before, after) and replaced(model)[-1:] == (["lm_head"] if CAN else [])


def test_a_bias_is_added():
    torch.manual_seed(0)
    layer, x = torch.nn.Linear(256, 300).to(torch.bfloat16), torch.randn(5, 2, 256, dtype=torch.bfloat16)
    with torch.inference_mode():
        before = layer(x)
        assert torch.equal(packed.pack(layer)(x), before) and ("forward" in vars(layer)) == CAN


def test_what_is_not_bf16_or_too_large_for_the_memory_or_of_another_kind_stays_as_it_is(model, monkeypatch):
    assert replaced(packed.pack(torch.nn.Linear(512, 512))) == []
    monkeypatch.setattr(packed, "MOST", 0)
    assert replaced(packed.pack(model)) == []
