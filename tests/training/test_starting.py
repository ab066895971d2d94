"""Training from an adapter: it goes on from its weights, stays one adapter, and must be of the same form."""

from pathlib import Path

import pytest
import torch
from datasets import Dataset
from test_trainer import LORA, ROWS, SCHEDULE
from tiny import make_model

from mbegu.errors import BadInput
from mbegu.models.base import from_path
from mbegu.models.loading import Weights
from mbegu.models.manifest import verify, write_manifest
from mbegu.training import checkpoints, starting, trainer
from mbegu.training.curves import losses


def train(base: Path, start: Path | None, out: Path, schedule=SCHEDULE) -> float:
    """Saves an adapter; returns the first training loss."""
    model, rows = trainer.build(base, "lora", LORA, seed=0), Dataset.from_list(ROWS)
    if start:
        starting.load(model, start)
    state = trainer.train(model, rows, rows.select([]), schedule, out.with_name(f"{out.name}.run"))
    out.mkdir()
    checkpoints.save(model, {"template": "", "chat": True, "base": verify(base)}, out)
    return losses(state.log_history)[0][0][1]


@pytest.fixture(scope="module")
def adapter(tiny_base, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("first") / "adapter"
    train(tiny_base, None, out)
    return out


def test_it_goes_on_where_the_first_ended_and_stays_one_adapter(tiny_base, adapter, tmp_path):
    from safetensors.torch import load_file

    first = train(tiny_base, None, tmp_path / "fresh", SCHEDULE._replace(epochs=0.4))
    second = train(tiny_base, adapter, tmp_path / "second", SCHEDULE._replace(epochs=0.4))
    assert second < first - 0.1
    shapes = [
        {name: value.shape for name, value in load_file(folder / "adapter_model.safetensors").items()}
        for folder in (adapter, tmp_path / "second")
    ]
    assert shapes[0] == shapes[1]
    assert (adapter / "adapter_config.json").read_bytes() == (tmp_path / "second/adapter_config.json").read_bytes()


def test_the_model_that_starts_is_the_adapter_to_the_bit(tiny_base, adapter):
    model = trainer.build(tiny_base, "lora", LORA, seed=7).eval()
    starting.load(model, adapter)
    ids = torch.tensor([ROWS[5]["input_ids"]])
    with torch.no_grad():
        expected = Weights(tiny_base, adapter, "none").load()(input_ids=ids).logits
        torch.testing.assert_close(model(input_ids=ids).logits, expected, atol=2e-2, rtol=2e-2)  # other attention kernels
        base = Weights(tiny_base, None, "none").load()(input_ids=ids).logits
    assert (base - expected).abs().max() > 0.1


def test_the_base_is_no_start_and_an_adapter_is_known_by_its_manifest(tiny_base, adapter):
    assert starting.identity(tiny_base, tiny_base, "full", LORA) is None
    assert starting.identity(adapter, tiny_base, "qlora", LORA) == verify(adapter)


@pytest.mark.parametrize(
    ("method", "change", "message"),
    [
        ("full", {}, "and train.method full do not go together"),
        ("lora", {"r": 8}, "train.lora.r: 8 here and 4 in .*pretrain.lora.r"),
        ("lora", {"alpha": 16}, "train.lora.alpha: 16 here and 8 in"),
        ("lora", {"targets": ["q_proj"]}, r"train.lora.targets: \['q_proj'\] here and \['q_proj', 'v_proj'\] in"),
    ],
)
def test_an_adapter_of_another_form_is_no_start(tiny_base, adapter, method, change, message):
    with pytest.raises(BadInput, match=message):
        starting.identity(adapter, tiny_base, method, LORA._replace(**change))


def test_what_is_no_adapter_of_this_base_is_no_start(tiny_base, adapter, tmp_path):
    other = tmp_path / "other"
    from_path(make_model(tmp_path / "raw", seed=1), other)
    for start, base, message in [
        (other, tiny_base, "train.start: .*other is neither the base .* nor an adapter"),
        (adapter, other, "trained on another base model"),
        (tmp_path / "ምንም", tiny_base, "no SHA256SUMS here"),
    ]:
        with pytest.raises(BadInput, match=message):
            starting.identity(start, base, "lora", LORA)
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "prompt.json").write_bytes((adapter / "prompt.json").read_bytes())
    write_manifest(whole)
    with pytest.raises(BadInput, match="only an adapter can be trained on"):
        starting.identity(whole, tiny_base, "lora", LORA)


def test_rows_of_new_tokens_are_gone_on_from_too(tiny_base, tmp_path):
    from peft import LoraConfig, get_peft_model

    from mbegu.models.loading import load_base

    def model(seed: int):
        torch.manual_seed(seed)
        config = LoraConfig(
            r=4,
            lora_alpha=8,
            target_modules=["q_proj"],
            trainable_token_indices={"embed_tokens": [7, 8, 9]},
            task_type="CAUSAL_LM",
        )
        return get_peft_model(load_base(tiny_base, "none"), config)

    def trained(model) -> dict[str, torch.Tensor]:
        return {name: value for name, value in model.named_parameters() if value.requires_grad}

    first, second = model(1), model(2)
    with torch.no_grad():
        for value in trained(first).values():
            value.normal_()
    (tmp_path / "start").mkdir()
    checkpoints.save(first, {"template": "", "chat": True, "base": verify(tiny_base)}, tmp_path / "start")
    starting.load(second, tmp_path / "start")
    assert any("token" in name for name in trained(second))
    assert all(torch.equal(value, trained(second)[name]) for name, value in trained(first).items())
    ids = torch.tensor([[7, 8, 9, 20]])
    with torch.no_grad():
        assert torch.equal(first.eval()(input_ids=ids).logits, second.eval()(input_ids=ids).logits)
