"""4-bit weights that are unpacked once compute what they computed packed, bit for bit."""

import pytest
import torch

from mbegu.models import four_bits, loading
from mbegu.models.loading import load_base
from mbegu.training import trainer
from mbegu.training.settings import Lora

LORA = Lora(r=4, alpha=8, dropout=0.0, targets=["q_proj", "v_proj"])


@pytest.fixture(params=[torch.float32, torch.bfloat16])
def packed(request, tiny_base, monkeypatch):
    """Loads the tiny base in 4 bits as on a machine that has no kernels for them, or for training on one that has."""
    monkeypatch.setattr(loading, "precision", lambda: request.param)

    def load():
        model = load_base(tiny_base, "nf4")
        loading.keep_gradients_after_evaluation(model)
        return model

    return load


def kinds(model) -> set[str]:
    return {type(module).__name__ for module in model.modules()}


def gradients(model, ids: torch.Tensor) -> list[torch.Tensor]:
    model(input_ids=ids, use_cache=False).logits.square().mean().backward()
    return [parameter.grad for parameter in model.parameters() if parameter.grad is not None]


@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (2, 17)])
def test_scores_are_equal_bit_for_bit(packed, shape):
    ids = torch.arange(shape[0] * shape[1]).reshape(shape)
    before, after = packed().eval(), four_bits.unpack(packed().eval())
    assert "Linear4bit" in kinds(before) and "Linear4bit" not in kinds(after)
    with torch.inference_mode():
        assert torch.equal(before(input_ids=ids).logits, after(input_ids=ids).logits)


def test_gradients_of_an_adapter_are_equal_bit_for_bit_and_the_base_has_none(packed):
    ids = torch.arange(34).reshape(2, 17)
    before, after = trainer.add_lora(packed(), LORA, 0), four_bits.unpack(trainer.add_lora(packed(), LORA, 0))
    adapters = [parameter for parameter in after.parameters() if parameter.requires_grad]
    found = gradients(after, ids)
    assert len(found) == len(adapters) > 0
    assert all(torch.equal(a, b) for a, b in zip(gradients(before, ids), found, strict=True))


def test_a_model_too_large_for_the_memory_stays_as_it_is(packed, monkeypatch):
    monkeypatch.setattr(four_bits, "MOST", 0)
    assert "Linear4bit" in kinds(four_bits.unpack(packed()))


def test_one_whose_kernel_reads_packed_weights_stays_as_it_is(packed):
    model = packed()
    for module in model.modules():
        if type(module).__name__ == "Linear4bit":
            module.support_avx512bf16_for_cpu = True
    assert "Linear4bit" in kinds(four_bits.unpack(model))


def test_to_answer_they_are_unpacked_wherever_they_lie_on_a_cpu(tiny_base, monkeypatch):
    monkeypatch.setattr(loading, "precision", lambda: torch.bfloat16)
    before, after = load_base(tiny_base, "nf4").eval(), four_bits.unpack(load_base(tiny_base, "nf4").eval(), to_answer=True)
    assert "Linear4bit" not in kinds(after) and after.dtype == torch.bfloat16
    ids = torch.arange(17)[None]
    with torch.inference_mode():
        assert torch.allclose(before(input_ids=ids).logits, after(input_ids=ids).logits, atol=0.05)
