"""What an older peft reads of our adapters: the configuration as it is published, tried with one from a folder of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_merged import make_adapter

from mbegu.models.loading import Weights
from mbegu.sharing.older import KNOWN, LEAST, readable

OLD = [f"peft=={LEAST}", "transformers==4.44.2", "tokenizers==0.19.1", "huggingface_hub==0.24.7", "accelerate==0.33.0"]
LOADS = """
import sys, torch
import peft
assert peft.__version__ == sys.argv.pop(1)
from peft import PeftModel
from transformers import AutoModelForCausalLM
base = AutoModelForCausalLM.from_pretrained(sys.argv[1], torch_dtype=torch.float32)
for adapter in sys.argv[2:]:
    model = PeftModel.from_pretrained(base, adapter).eval()
    with torch.no_grad():
        print(model(input_ids=torch.tensor([[5, 6, 7, 8]])).logits[0, -1, :20].tolist(), flush=True)
"""


@pytest.fixture(scope="module")
def adapter(tiny_base, tmp_path_factory):
    return make_adapter(tiny_base, tmp_path_factory.mktemp("adapters") / "v1")


def published(adapter: Path, folder: Path) -> Path:
    shutil.copytree(adapter, folder)
    config = folder / "adapter_config.json"
    values, least = readable(json.loads(config.read_text()))
    assert least == LEAST
    config.write_text(json.dumps(values))
    return folder


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A folder with the old peft and what it needs, to be found before today's; torch is today's, as it is large."""
    folder = tmp_path_factory.mktemp("old")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-compile"]
    pip += ["--retries", "1", "--target", str(folder)]
    if subprocess.run([*pip, *OLD], capture_output=True, timeout=300, check=False).returncode:
        pytest.skip(f"{OLD[0]} can't be had here")
    return folder


def test_a_peft_of_2024_reads_a_published_adapter_and_computes_the_same(tiny_base, adapter, tmp_path, old):
    folders = [str(folder) for folder in (tiny_base, published(adapter, tmp_path / "v1"), adapter)]
    done = subprocess.run(
        [sys.executable, "-c", LOADS, LEAST, *folders],
        env=os.environ | {"PYTHONPATH": str(old)},
        capture_output=True,
        text=True,
        check=False,
    )
    (said,) = done.stdout.splitlines()  # of the one that is published; the other, as it was written, can't be read
    assert done.returncode and "unexpected keyword argument" in done.stderr  # else this test would say nothing
    model = Weights(tiny_base, adapter, "none").load().float()
    with torch.no_grad():
        own = model(input_ids=torch.tensor([[5, 6, 7, 8]])).logits[0, -1, :20]
    torch.testing.assert_close(torch.tensor(json.loads(said)), own, atol=1e-5, rtol=1e-4)


def test_what_says_something_stays_and_needs_the_peft_that_wrote_it(adapter):
    config = json.loads((adapter / "adapter_config.json").read_text())
    values, least = readable(config)
    assert set(values) <= set(KNOWN) and least == LEAST
    assert {key: values[key] for key in ("r", "lora_alpha", "target_modules")} == {
        "r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"],
    }  # fmt: skip
    values, least = readable({**config, "trainable_token_indices": {"embed_tokens": [5]}})
    assert values["trainable_token_indices"] == {"embed_tokens": [5]} and least == config["peft_version"]
    values, least = readable({**config, "use_qalora": True})
    assert values["qalora_group_size"] == config["qalora_group_size"] and least == config["peft_version"]
