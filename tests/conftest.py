"""A tiny random-weight model with a real tokenizer, for tests that need a model but not a good one."""

import json
from pathlib import Path

import pytest

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SAMPLE = ["A money market fund pays interest every day.", "ሰላም ለእናንተ ይሁን። አዲስ ስልክ", "Habari ya asubuhi rafiki", "KES 5,000"]


def make_model(folder: Path, seed: int = 0) -> Path:
    """Writes a two-layer Llama with 64 hidden units and a byte-level BPE tokenizer."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(SAMPLE * 20, vocab_size=400, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=trained._tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>", "<|endoftext|>"],
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base model folder as the base stage leaves it, with its manifest."""
    from mbegu.models.base import from_path

    raw = make_model(tmp_path_factory.mktemp("raw") / "model")
    out = tmp_path_factory.mktemp("models") / "base"
    from_path(raw, out)
    return out


@pytest.fixture(scope="session")
def tiny_tokenizer(tiny_base: Path):
    from mbegu.models.loading import load_tokenizer

    return load_tokenizer(tiny_base)


@pytest.fixture
def write_jsonl(tmp_path: Path):
    """Writes objects (or raw lines) as a JSON Lines file below the test's folder."""

    def write(name: str, lines: list) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n" for line in lines)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def mbegu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the command in the test's folder: mbegu("why", id) -> click's result."""
    from click.testing import CliRunner

    from mbegu.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, typed: str | None = None):
        return CliRunner().invoke(main, [str(argument) for argument in arguments], input=typed, prog_name="mbegu")

    return run


@pytest.fixture
def refused():
    """Asserts that a run failed with exactly one line, and returns it."""

    def line(result) -> str:
        assert result.exit_code == 1, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        lines = [text for text in result.stderr.splitlines() if not text.startswith("Warning: ")]
        assert len(lines) == 1 and lines[0].startswith("Error: "), result.stderr
        return lines[0]

    return line
