"""How well do two processes use two cores? Training on shards of each batch, one thread a process, against one process.

python benchmarks/processes.py

A random model of almost 30 million weights, trained as the stage `train` does it; seconds are those of the Trainer's loop,
without the start. An efficiency of 100% means half the time; on a machine with other work it says little.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is loaded, and for the processes that are started

import tempfile
from pathlib import Path
from typing import Any

import click

from mbegu.quiet import quiet

quiet()

from mbegu.asking.prompts import read_prompt  # noqa: E402
from mbegu.models.manifest import write_manifest  # noqa: E402
from mbegu.training import launching, session  # noqa: E402
from mbegu.training.encoded import write_encoded  # noqa: E402
from mbegu.training.settings import Job, Lora, Schedule, Training  # noqa: E402

ROOT = Path(__file__).parents[1]
LORA = Lora(16, 32, 0.05, ["q_proj", "k_proj", "v_proj", "o_proj"])
BATCH, TOKENS = 8, 128


def make_base(folder: Path, layers: int) -> Path:
    """A random Llama of 512 hidden numbers, with a tokenizer that knows bytes."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    known = ByteLevelBPETokenizer()
    known.train_from_iterator([""], vocab_size=257, special_tokens=["<end>"])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=known._tokenizer, eos_token="<end>", pad_token="<end>")
    config = LlamaConfig(
        vocab_size=8000, hidden_size=512, intermediate_size=1408, num_hidden_layers=layers, num_attention_heads=8,
        num_key_value_heads=4, eos_token_id=tokenizer.eos_token_id, bos_token_id=None, tie_word_embeddings=True,
    )  # fmt: skip
    LlamaForCausalLM(config).bfloat16().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_manifest(folder)
    return folder


def seconds(job: Job, folder: Path) -> float:
    """Of the Trainer's loop."""
    number = int(job.training.processes)
    run = folder / f"{job.training.method}{number}"
    run.mkdir()
    ended = session.train(job, run) if number == 1 else launching.train(job, run, number)
    found: dict[str, Any] = next(entry for entry in ended.history if "train_runtime" in entry)
    return found["train_runtime"]


@click.command()
@click.option("--steps", default=5, show_default=True, help="Optimizer steps of each run.")
@click.option("--layers", default=8, show_default=True, help="Of the random model.")
def main(steps: int, layers: int) -> None:
    """Time one process and two."""
    schedule = Schedule(1, BATCH, 1, 1e-4, "constant", 0, 0.0, 1.0, False, 0.0, 10**6, 0, True, False, 0)
    print("| trained | seconds of 1 process | of 2 | efficiency |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = make_base(folder / "base", layers)
        rows = [
            {"id": str(row), "roots": [str(row)], "input_ids": [(31 * row + place) % 250 for place in range(TOKENS)],
             "completion_start": TOKENS // 2}
            for row in range(steps * BATCH)
        ]  # fmt: skip
        write_encoded(folder / "v1.arrow", rows, read_prompt(ROOT / "templates/chat.jinja", True), "")
        for method in ("lora", "full"):
            one, two = (
                seconds(Job(folder / "v1.arrow", base, None, Training(method, LORA, number), schedule), folder)
                for number in ("1", "2")
            )
            print(f"| {method} | {one:.1f} | {two:.1f} | {one / two / 2:.0%} |", flush=True)


if __name__ == "__main__":
    main()
