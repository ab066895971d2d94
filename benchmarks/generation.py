"""Tokens a second of `predict` and the local teacher: Mbegu, and what it was before, on the same prompts in one run.

    python benchmarks/generation.py --base models/base --adapter models/adapters/v2

Before: transformers' `generate` on weights packed in 4 bits, with peft's own LoRA branches, in batches that are filled up and run
until their last row has ended. Both sides generate the same rows, greedily; a token after an answer's end counts for neither.
Without `--base`, a small model of random weights takes the place of a real one: the shape of a step, and no answers to speak of.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import torch

from mbegu.asking import generation
from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import Wanted
from mbegu.asking.memo import Answer
from mbegu.asking.prompts import row_prompts, settled, trained_prompt
from mbegu.models.loading import Weights, load_base, load_tokenizer
from mbegu.quiet import quiet
from mbegu.rows.heldout import read_heldout

ROOT = Path(__file__).parents[1]
SIZES = {"hidden_size": 192, "intermediate_size": 512, "num_hidden_layers": 4, "num_attention_heads": 3, "num_key_value_heads": 1}


def packed(base: Path, adapter: Path | None) -> Any:
    """A model as it was loaded before."""
    model = load_base(base, "nf4")
    if adapter is None:
        return model.eval()
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(adapter)).eval()


def before(texts: list[str], most: int, rows: int, model: Any, tokenizer: Any) -> Iterator[tuple[int, Answer]]:
    ids = tokenizer(texts, add_special_tokens=False)["input_ids"]
    found = generation._by_batches([Wanted(text) for text in texts], ids, Decoding(most), rows, model, tokenizer)
    ends = generation._ends(model, tokenizer)
    return ((index, generation._answer(tokens, tokenizer, ends)) for index, tokens in found)


def now(texts: list[str], most: int, rows: int, model: Any, tokenizer: Any) -> Iterator[tuple[int, Answer]]:
    wanted = [Wanted(text) for text in texts]
    return generation.generate(wanted, Decoding(most), rows, model, tokenizer, special_tokens=False, label="Now")


def timed(run: Callable[[], Iterator[tuple[int, Answer]]]) -> tuple[float, float, dict[int, Answer]]:
    """Seconds on the wall, seconds of all cores, and the answers."""
    start, worked = time.perf_counter(), time.process_time()
    found = dict(run())
    return time.perf_counter() - start, time.process_time() - worked, found


def questions(base: Path, adapter: Path | None, heldout: Path, count: int) -> list[str]:
    rows = read_heldout(heldout)[:count]
    if adapter is None:
        return [f"<|im_start|>user\n{row['instruction']}<|im_end|>\n<|im_start|>assistant\n" for row in rows]
    from mbegu.models.manifest import verify

    tokenizer = load_tokenizer(base)
    return row_prompts(rows, settled(trained_prompt(adapter, verify(base)), tokenizer), tokenizer)


def random_base(folder: Path) -> Path:
    """A Llama of random weights that reads bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from mbegu.models.base import from_path

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = Tokenizer(models.BPE({letter: place for place, letter in enumerate(["<|im_end|>", *letters])}, []))
    words.pre_tokenizer, words.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<|im_end|>").save_pretrained(folder / "raw")
    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=257, eos_token_id=0, pad_token_id=0, bos_token_id=None, **SIZES)
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder / "raw")
    from_path(folder / "raw", folder / "base")
    return folder / "base"


@click.command()
@click.option("--base", type=click.Path(path_type=Path), help="Folder of a base model; without it a small one of random weights.")
@click.option("--adapter", type=click.Path(path_type=Path), help="Folder of an adapter.")
@click.option(
    "--heldout", type=click.Path(path_type=Path), default=ROOT / "data/heldout.jsonl", help="Whose questions are asked."
)
@click.option("--questions", "count", default=32, show_default=True, help="How many of them.")
@click.option("--rows", default=32, show_default=True, help="Answered side by side.")
@click.option("--max_new_tokens", "most", default=200, show_default=True, help="Longest answer.")
def main(base: Path | None, adapter: Path | None, heldout: Path, count: int, rows: int, most: int) -> None:
    """Compare how answers are generated now with how they were before."""
    quiet()
    with tempfile.TemporaryDirectory() if base is None else nullcontext() as folder:
        base = base or random_base(Path(str(folder)))
        tokenizer, texts = load_tokenizer(base), questions(base, adapter, heldout, count)
        # one model at a time is in memory, and what the first call alone needs is not measured
        sides: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
            "before": (lambda: packed(base, adapter), before),
            "now": (lambda: Weights(base, adapter, "nf4").load(), now),
        }
        runs = {}
        for name, (load, answer) in sides.items():
            model = load()
            list(answer(texts[:1], 2, rows, model, tokenizer))
            runs[name] = timed(lambda model=model, answer=answer: answer(texts, most, rows, model, tokenizer))
    report(runs, rows)


def report(runs: dict[str, tuple[float, float, dict[int, Answer]]], rows: int) -> None:
    for name, (seconds, worked, answers) in runs.items():
        lengths = [answer["tokens"] for answer in answers.values()]
        speeds = f"{sum(lengths) / seconds:8.0f} tokens/s, {sum(lengths) / worked:6.0f} a second of a core"
        middle = statistics.median(lengths)
        print(f"{name:7}{speeds}: {len(lengths)} answers of {middle:.0f} tokens in the middle, {rows} rows, {seconds:.1f} s")
    (first, worked, old), (second, working, new) = runs.values()
    same = sum(old[index]["text"] == new[index]["text"] for index in old)
    print(f"{first / second:.1f} times as fast, {worked / working:.1f} times by seconds of cores", end="; ")
    print(f"{same} of {len(old)} answers equal")


if __name__ == "__main__":
    main()
