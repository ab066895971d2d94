"""An adapter over a base with new tokens: small, the same wherever it is loaded, merged, resumed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from test_trainer import SCHEDULE
from transformers import AutoModelForCausalLM

from mbegu.errors import BadInput
from mbegu.models import vocabulary
from mbegu.models.loading import Weights, load_base, load_tokenizer
from mbegu.models.manifest import verify
from mbegu.models.trained import added_tokens
from mbegu.models.vocabulary import Growth
from mbegu.sharing import merged
from mbegu.training import checkpoints, new_tokens, packing, trainer
from mbegu.training.loss import completion_loss
from mbegu.training.settings import Lora, Schedule

CORPUS = ["አዲስ ስልክ በቅናሽ ዋጋ 24,500 ብር ብቻ።", "ስልኩ አዲስ ነው። ዋጋው 15,000 ብር 🔥🔥", "ብር ብር ብር፤ ዋጋ ስንት ነው?"]
LORA = Lora(4, 8, 0.0, ["q_proj", "v_proj"])
PROMPT = {"template": "{{ instruction }}{{ input }}", "chat": True}


@pytest.fixture(scope="module")
def extended(tiny_base, tmp_path_factory):
    out = tmp_path_factory.mktemp("extended") / "base"
    vocabulary.extend(tiny_base, CORPUS * 4, Growth(12, 3, ["Ethiopic"]), out, "k")
    return out


def encoded(base: Path) -> list[dict]:
    tokenizer = load_tokenizer(base)
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in CORPUS]
    assert {token for of_text in ids for token in of_text} & set(added_tokens(base))
    return [{"id": str(n), "roots": [str(n)], "input_ids": of_text, "completion_start": 2} for n, of_text in enumerate(ids)]


def losses(model, rows: list[dict]) -> torch.Tensor:
    batch = packing.pack(rows)
    labels = batch.pop("labels")
    return completion_loss(model(**batch), labels)


def logits(model, rows: list[dict]) -> torch.Tensor:
    with torch.no_grad():
        return torch.cat([model(input_ids=torch.tensor([row["input_ids"]])).logits[0] for row in rows])


def schedule() -> Schedule:
    return SCHEDULE._replace(save_steps=1)


def test_the_rows_apart_give_the_logits_and_gradients_that_peft_gives(extended):
    rows, found = encoded(extended), []
    for apart in (True, False):
        model = load_base(extended, "none", packing.NAME).requires_grad_(False).float()  # where bf16 is fast, it rounds
        torch.manual_seed(0)
        config = LoraConfig(r=4, target_modules=["q_proj"], trainable_token_indices=new_tokens.layers(model))
        adapted = get_peft_model(model, config)
        adapted = new_tokens.train_apart(adapted) if apart else adapted
        with torch.no_grad():
            for name, weight in adapted.named_parameters():
                if "trainable_tokens_delta" in name:
                    weight += 0.5
        before = logits(adapted, rows)
        losses(adapted, rows).backward()
        grads = {name: weight.grad for name, weight in adapted.named_parameters() if weight.grad is not None}
        found.append((before, grads))
    torch.testing.assert_close(found[0][0], found[1][0])
    assert found[0][1].keys() == found[1][1].keys() and any("trainable_tokens_delta" in name for name in found[0][1])
    for name, gradient in found[0][1].items():
        torch.testing.assert_close(gradient, found[1][1][name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("method", ["qlora", "lora"])
def test_an_adapter_with_new_tokens_is_small_and_answers_after_loading_and_merging_as_in_training(extended, tmp_path, method):
    quantization = "nf4" if method == "qlora" else "none"
    rows = encoded(extended)
    model = trainer.build(extended, method, LORA, 0)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters() if "trainable_tokens_delta" in name}
    assert len(before) == 1 and next(iter(before.values())).shape == (12, 64)
    trainer.train(model, Dataset.from_list(rows), Dataset.from_list(rows[:1]), schedule(), tmp_path / "run")
    assert all(not torch.equal(weight, before[name]) for name, weight in model.named_parameters() if name in before)
    (tmp_path / "adapter").mkdir()
    checkpoints.save(model, {**PROMPT, "base": verify(extended)}, tmp_path / "adapter")
    assert (tmp_path / "adapter/adapter_model.safetensors").stat().st_size < 40_000  # the embedding alone has 364 x 64 numbers
    weights = Weights(extended, tmp_path / "adapter", quantization)
    weights.identity()
    expected = logits(model.eval(), rows)
    torch.testing.assert_close(logits(weights.load(), rows), expected, atol=2e-2, rtol=2e-2)
    apart = merged.with_adapter(weights)
    of_apart = logits(apart, rows)
    merged.save(merged.merge(apart, "float32"), tmp_path / "merged")
    whole = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32).eval()  # as it was saved
    assert whole.get_input_embeddings().weight is whole.get_output_embeddings().weight
    torch.testing.assert_close(logits(whole, rows), of_apart, atol=1e-4, rtol=1e-4)


def test_only_new_tokens_are_trained_and_those_of_a_head_of_its_own_too(tiny_base, extended):
    assert new_tokens.layers(load_base(tiny_base, "none")) == {}
    model = load_base(extended, "none")
    assert new_tokens.layers(model) == {"embed_tokens": added_tokens(extended)}
    model.config.tie_word_embeddings = False
    assert new_tokens.layers(model) == dict.fromkeys(("embed_tokens", "lm_head"), added_tokens(extended))


def run_to_the_end(base: Path, run: Path, out: Path) -> None:
    rows = Dataset.from_list(encoded(base) * 3)
    model = trainer.build(base, "qlora", LORA._replace(dropout=0.05), 0)
    trainer.train(model, rows, rows.select([0]), schedule(), run)
    out.mkdir()
    checkpoints.save(model, {**PROMPT, "base": "x"}, out)


RUN = """
import sys; sys.path[:0] = [{tests!r}]
from pathlib import Path
from test_new_tokens import run_to_the_end
run_to_the_end(Path({base!r}), Path({run!r}), Path({out!r}))
"""


def test_a_killed_run_resumes_to_the_bytes_of_an_uninterrupted_one(extended, tmp_path):
    never = str(tmp_path / "never")
    script = RUN.format(tests=str(Path(__file__).parent), base=str(extended), run=str(tmp_path / "run2"), out=never)
    with open(tmp_path / "killed.log", "w") as log:
        killed = subprocess.Popen([sys.executable, "-c", script], stderr=log)
    deadline = time.monotonic() + 240
    while not list((tmp_path / "run2").glob("checkpoint-*/trainer_state.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert list((tmp_path / "run2").glob("checkpoint-*")), (tmp_path / "killed.log").read_text()
    assert not (tmp_path / "never").exists(), "the run ended before it was killed"
    for name, run in (("whole", "run1"), ("resumed", "run2")):
        run_to_the_end(extended, tmp_path / run, tmp_path / name)
    assert (tmp_path / "whole/SHA256SUMS").read_text() == (tmp_path / "resumed/SHA256SUMS").read_text()


@pytest.mark.parametrize("target", ["lm_head", "embed_tokens"])
def test_layers_that_hold_rows_of_new_tokens_get_no_adapter(extended, target):
    with pytest.raises(BadInput, match=rf"train\.lora\.targets: tokens were added to this base.*leave {target} out"):
        trainer.build(extended, "lora", LORA._replace(targets=["q_proj", target]), 0)
