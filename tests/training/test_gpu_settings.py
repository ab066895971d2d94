"""What is said where a GPU is missing or too small; none is needed to test it."""

import pytest
import torch
from datasets import Dataset
from test_trainer import LORA, ROWS, SCHEDULE

from mbegu.errors import BadInput
from mbegu.models import loading
from mbegu.training import cuda, trainer


@pytest.fixture
def small_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(loading, "gpu_memory", lambda: 8.0)
    monkeypatch.setattr(cuda, "gpu_memory", lambda: 8.0)


def out_of_memory(*args, **kwargs):
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def test_auto_is_bf16_where_a_gpu_has_room_and_4_bits_elsewhere(tiny_base, small_gpu, monkeypatch):
    found = loading.quantization(tiny_base, "auto")
    assert found.name == "none" and "fit a GPU of 8 GiB" in found.reason
    monkeypatch.setattr(loading, "weight", lambda folder: 5.0)
    assert loading.quantization(tiny_base, "auto") == (
        "nf4", "predict.quantization: auto is nf4, 5.0 GiB of weights are too much for a GPU of 8 GiB"
    )  # fmt: skip
    assert loading.quantization(tiny_base, "none") == ("none", "")


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU here")
def test_auto_is_4_bits_without_a_gpu(tiny_base):
    assert loading.quantization(tiny_base, "auto").name == "nf4"


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU here")
def test_liger_without_a_gpu_is_refused_before_anything_is_trained(tiny_base, tmp_path):
    rows = Dataset.from_list(ROWS)
    model = trainer.build(tiny_base, "lora", LORA, seed=0)
    with pytest.raises(BadInput, match=r"train.liger: needs a CUDA GPU; there is none here, or set it to false\."):
        trainer.train(model, rows, rows.select([]), SCHEDULE._replace(liger=True), tmp_path)


def test_a_base_that_does_not_fit_is_refused_with_its_size(tiny_base, small_gpu, monkeypatch):
    monkeypatch.setattr(loading.AutoModelForCausalLM, "from_pretrained", out_of_memory)
    monkeypatch.setattr(loading, "weight", lambda folder: 14.4)
    monkeypatch.setattr(loading, "precision", lambda: torch.bfloat16)
    with pytest.raises(BadInput, match=r"14\.4 GiB in bf16 and about 4\.0 GiB in nf4, .* GPU of 8 GiB, loaded as none; take nf4"):
        loading.load_base(tiny_base, "none")


def test_a_batch_that_does_not_fit_is_refused_with_what_to_lower(tiny_base, monkeypatch):
    monkeypatch.setattr(cuda, "gpu_memory", lambda: 8.0)
    model = trainer.build(tiny_base, "lora", LORA, seed=0)
    said = (
        r"GPU of 8 GiB.* lower train\.batch_size \(2\) .*, or turn on train\.gradient_checkpointing, or lower encode\.max_length"
    )
    with pytest.raises(BadInput, match=said), cuda.enough_memory(model, SCHEDULE):
        out_of_memory()
