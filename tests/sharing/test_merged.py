"""A merged model answers as base and adapter do apart."""

import json

import pytest
import torch

from mbegu.asking.generation import generate_one
from mbegu.asking.prompts import Prompt
from mbegu.errors import BadInput
from mbegu.models import loading
from mbegu.models.manifest import verify
from mbegu.sharing import merged
from mbegu.training import checkpoints, trainer
from mbegu.training.settings import Lora

PROMPT = Prompt("{{ instruction }}{% if input %}\n\n{{ input }}{% endif %}", True)
TEXTS = ["ሰላም ለእናንተ ይሁን።", "Habari ya asubuhi?", "How is interest paid?", "🌱 KES 5,000", "شلوم \u200f مرحبا", "a\u2028b\u0085c"]
ROWS = [{"id": str(n), "instruction": text, "input": "", "output": text * 2, "origin": {}} for n, text in enumerate(TEXTS)]
LORA = Lora(4, 8, 0.0, ["q_proj", "v_proj"])


def make_adapter(base, folder, method="qlora", lora=LORA):
    """A LoRA adapter that changes answers: as built, its second matrix is zero."""
    model = trainer.build(base, method, lora, seed=0)
    torch.manual_seed(1)
    for name, weight in model.named_parameters():
        if "lora_B" in name or "lora_embedding" in name:
            weight.data.normal_(std=0.2)
    folder.mkdir(parents=True)
    checkpoints.save(model, {"base": verify(base), **PROMPT._asdict()}, folder)
    return folder


@pytest.fixture(scope="module")
def adapter(tiny_base, tmp_path_factory):
    return make_adapter(tiny_base, tmp_path_factory.mktemp("adapters") / "v1")


def answers(model, tokenizer):
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
    return [generate_one(model, tokenizer, one, 24) for one in ids]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("quantization", ["nf4", "none"])
def test_the_merged_model_answers_as_the_adapter_and_not_as_the_base(
    tiny_base, tiny_tokenizer, adapter, tmp_path, quantization, dtype
):
    from transformers import AutoModelForCausalLM

    found = merged.write(loading.Weights(tiny_base, adapter, quantization), dtype, PROMPT, ROWS, tmp_path / "merged")
    assert (found.answers, found.tokens) == (found.questions, found.positions) and found.questions == len(ROWS)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32).eval()
    expected = answers(merged.with_adapter(loading.Weights(tiny_base, adapter, quantization)), tiny_tokenizer)
    assert answers(model, tiny_tokenizer) == expected
    assert answers(merged.base_weights(tiny_base, quantization), tiny_tokenizer) != expected


def test_what_is_saved_has_16_bits_names_no_folder_of_this_machine_and_is_the_same_twice(tiny_base, adapter, tmp_path):
    from safetensors import safe_open

    for name in ("one", "two"):
        merged.write(loading.Weights(tiny_base, adapter, "nf4"), "float16", PROMPT, ROWS, tmp_path / name)
    with safe_open(tmp_path / "one/model.safetensors", "pt") as file:
        assert {file.get_tensor(key).dtype for key in file.keys()} == {torch.float16}  # noqa: SIM118
    config = json.loads((tmp_path / "one/config.json").read_text())
    assert config["dtype"] == "float16" and "quantization_config" not in config
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
        assert path.suffix == ".safetensors" or str(tiny_base.parent) not in path.read_text()


def test_the_4_bit_weights_that_the_adapter_saw_are_those_that_it_is_merged_into(tiny_base, adapter):
    four_bits = loading.load_base(tiny_base, "nf4")
    from bitsandbytes.functional import dequantize_4bit

    seen = four_bits.model.layers[0].self_attn.q_proj.weight
    weights = merged.base_weights(tiny_base, "nf4").model.layers[0].self_attn.q_proj.weight
    assert torch.equal(weights, dequantize_4bit(seen.data, seen.quant_state).float())
    assert not torch.equal(weights, merged.base_weights(tiny_base, "none").model.layers[0].self_attn.q_proj.weight)


def test_a_weight_beyond_float16_is_refused_and_fits_bfloat16(tiny_base, adapter):
    for dtype in ("float16", "bfloat16"):
        model = merged.with_adapter(loading.Weights(tiny_base, adapter, "none"))
        model.base_model.model.model.norm.weight.data[0] = 1e6
        if dtype == "float16":
            with pytest.raises(BadInput, match="use --dtype bfloat16"):
                merged.merge(model, dtype)
        else:
            assert merged.merge(model, dtype).model.norm.weight.dtype == torch.bfloat16


def test_agreement_counts_answers_and_tokens():
    assert merged.agreement([[1, 2, 3], [4], []], [[1, 9, 3], [4], []]) == merged.Agreement(2, 3, 3, 4)


@pytest.mark.parametrize("targets", [["q_proj", "lm_head"], ["embed_tokens"], ["lm_head", "embed_tokens", "v_proj"]])
def test_an_adapter_of_a_head_that_is_the_embedding_too_is_merged_into_a_base_that_is_untied(tiny_base, tmp_path, targets):
    adapter = make_adapter(tiny_base, tmp_path / "v1", lora=LORA._replace(targets=targets))
    found = merged.write(loading.Weights(tiny_base, adapter, "nf4"), "float32", PROMPT, ROWS, tmp_path / "merged")
    assert (found.answers, found.tokens) == (found.questions, found.positions) and found.questions == len(ROWS)
    config = json.loads((tmp_path / "merged/config.json").read_text())
    assert config["tie_word_embeddings"] is False


def test_a_sum_that_is_another_model_is_not_published(tiny_base, tmp_path, monkeypatch):
    adapter = make_adapter(tiny_base, tmp_path / "v1", lora=LORA._replace(targets=["lm_head"]))
    monkeypatch.setattr(merged, "untie", lambda _: None)
    with pytest.raises(BadInput, match=r"--merge: .* than apart at \d+ of \d+ places.*publish it without --merge"):
        merged.write(loading.Weights(tiny_base, adapter, "nf4"), "float32", PROMPT, ROWS, tmp_path / "merged")


@pytest.mark.parametrize(
    ("differ", "rounding", "fine"), [(0, 0, True), (1, 0, True), (2, 0, False), (9, 10, True), (11, 10, False)]
)
def test_the_bound_of_a_sum_is_what_rounding_costs_or_one_in_a_thousand(differ, rounding, fine):
    found = merged.Agreement(0, 9, 1000 - differ, 1000), merged.Agreement(0, 9, 1000 - rounding, 1000)
    if fine:
        merged.check_sum(*found)
    else:
        with pytest.raises(BadInput, match=f"at {differ} of 1000 places.*where rounding costs {rounding} "):
            merged.check_sum(*found)
