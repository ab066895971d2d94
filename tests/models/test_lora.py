"""LoRA's branches with one product for several layers give what peft gives."""

import pytest
import torch
from peft import LoraConfig, get_peft_model

from mbegu.models import lora
from mbegu.models.loading import load_base

IDS = torch.arange(5, 60)[None]


def adapted(base, *targets: str):
    torch.manual_seed(0)
    model = get_peft_model(load_base(base, "none").float(), LoraConfig(r=4, lora_alpha=12, target_modules=list(targets)))
    model.add_adapter("other", LoraConfig(r=3, lora_alpha=5, target_modules=["v_proj", "down_proj"]))
    for parameter in model.parameters():
        if parameter.requires_grad or parameter.abs().sum() == 0:
            torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


def output_and_gradients(model) -> list[torch.Tensor]:
    model.zero_grad()
    logits = model(input_ids=IDS.to(model.device)).logits
    logits.square().mean().backward()
    return [logits.detach(), *(value.grad for value in model.parameters() if value.grad is not None)]


@pytest.mark.parametrize(
    "targets", [("q_proj", "v_proj", "o_proj"), ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj", "down_proj")]
)
def test_output_and_gradients_are_those_of_peft(tiny_base, targets):
    model = adapted(tiny_base, *targets)
    expected = output_and_gradients(model)
    lora.replace_branches(model)
    found = output_and_gradients(model)
    assert len(found) == len(expected) > 2 * len(targets)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_adapters_are_switched_on_and_off_as_with_peft(tiny_base):
    model = adapted(tiny_base, "q_proj", "k_proj", "v_proj")
    for step in (lambda: None, lambda: model.set_adapter("other"), lambda: model.base_model.set_adapter(["default", "other"])):
        step()
        before = model(input_ids=IDS).logits
        with model.disable_adapter():
            without = model(input_ids=IDS).logits
        lora.replace_branches(model)
        torch.testing.assert_close(model(input_ids=IDS).logits, before)
        with model.disable_adapter():
            torch.testing.assert_close(model(input_ids=IDS).logits, without)
        for module in model.modules():
            module.__dict__.pop("forward", None)  # peft's own again


def test_layers_of_one_input_are_computed_together_and_nothing_is_kept(tiny_base):
    model = adapted(tiny_base, "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj")
    lora.replace_branches(model)
    replaced = [module.forward.args[1] for module in model.modules() if "forward" in vars(module)]
    shared = {id(one): one for one in replaced if isinstance(one, lora.Shared)}.values()
    assert sorted(len(one.layers) for one in shared) == [1, 1, 1, 1, 2, 2, 3, 3]  # down_proj is the other adapter's
    model(input_ids=IDS)
    assert all(one.source is None and not one.waiting for one in shared)


@pytest.mark.cuda
def test_on_a_gpu_branches_are_rounded_and_not_more(tiny_base):
    model = adapted(tiny_base, "q_proj", "k_proj", "v_proj", "o_proj")
    exact = model(input_ids=IDS.to(model.device)).logits
    rounded = adapted(tiny_base, "q_proj", "k_proj", "v_proj", "o_proj")
    rounded.base_model.model.to(torch.bfloat16)
    lora.round_branches(rounded)
    found = rounded(input_ids=IDS.to(model.device)).logits.float()
    assert (found - exact).norm() / exact.norm() < 0.05
