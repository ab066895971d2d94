"""Seconds to the first token and to the whole answer, and tokens a second: base, adapter and merged model, same questions.

    python benchmarks/inference.py --version v2
    cd examples/finance_qa && python ../../benchmarks/inference.py --version v1

One answer at a time, greedy. Every model reads the questions once before anything is measured; then each answers a
question in turn, so that what else the machine does meets all of them. The base and the adapter run in 4 bits, as
`mbegu ask` runs them, and in 16; merged/ is made for the occasion unless --merged names one, in each of its number types.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click

from mbegu.quiet import quiet

quiet()

import torch  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402
from transformers.generation.streamers import BaseStreamer  # noqa: E402

from mbegu.asking.generation import generate_one  # noqa: E402
from mbegu.asking.prompts import prompt_ids, row_prompts, trained_prompt  # noqa: E402
from mbegu.models import loading  # noqa: E402
from mbegu.models.manifest import verify  # noqa: E402
from mbegu.rows.heldout import read_heldout  # noqa: E402
from mbegu.sharing import merged  # noqa: E402
from mbegu.text import markdown  # noqa: E402

FOLDER = click.Path(path_type=Path)


class Timing(NamedTuple):
    first: float  # seconds to the first token
    answer: float  # seconds to the last
    tokens: int


class Clock(BaseStreamer):
    """Notes when each token comes; the first call brings the prompt."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def put(self, _: torch.Tensor) -> None:
        self.times.append(time.perf_counter())

    def end(self) -> None:
        pass


def timed(model, tokenizer, prompt: list[int], max_new_tokens: int) -> Timing:
    clock, start = Clock(), time.perf_counter()
    generate_one(model, tokenizer, prompt, max_new_tokens, clock)
    first, last = clock.times[1], clock.times[-1]
    return Timing(first - start, last - start, len(clock.times) - 1)


def contestants(base: Path, adapter: Path, merged_folder: Path) -> dict:
    found = {
        "base, 4 bits": loading.Weights(base, None, "nf4").load(),
        "adapter, 4 bits": loading.Weights(base, adapter, "nf4").load(),
        "base, bfloat16": loading.Weights(base, None, "none").load(),
        "adapter, bfloat16": loading.Weights(base, adapter, "none").load(),
    }
    for dtype in ("bfloat16", "float16", "float32"):
        model = AutoModelForCausalLM.from_pretrained(merged_folder, dtype=merged.DTYPES[dtype], local_files_only=True)
        found[f"merged, {dtype}"] = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return found


def table(timings: dict[str, list[Timing]]) -> list[list[str]]:
    """Medians over the questions; speed over all of them; its ratio to the adapter's as `mbegu ask` runs it."""
    speed = {name: sum(one.tokens for one in found) / sum(one.answer for one in found) for name, found in timings.items()}
    lines = [["Model", "first token, s", "answer, s", "tokens/s", "against the adapter, 4 bits"]]
    for name, found in timings.items():
        first, answer = (statistics.median(values) for values in zip(*((one.first, one.answer) for one in found), strict=True))
        ratio = speed[name] / speed["adapter, 4 bits"]
        lines.append([name, f"{first:.3f}", f"{answer:.2f}", f"{speed[name]:.1f}", f"{ratio:.2f} times as fast"])
    return lines


@click.command()
@click.option("--version", required=True, help="Which version's adapter.")
@click.option("--questions", type=click.IntRange(1), default=5, show_default=True, help="Held-out questions, the first ones.")
@click.option("--max_new_tokens", type=click.IntRange(2), default=64, show_default=True, help="Longest answer, in tokens.")
@click.option("--merged", "merged_folder", type=FOLDER, help="A merged model, such as published/v2/merged.")
@click.option("--adapters", type=FOLDER, default=Path("models/adapters"), show_default=True, help="Folder of the adapters.")
@click.option("--base", type=FOLDER, default=Path("models/base"), show_default=True, help="Folder of the base model.")
@click.option("--heldout", type=FOLDER, default=Path("data/heldout.jsonl"), show_default=True, help="Rows with the questions.")
def main(
    version: str, questions: int, max_new_tokens: int, merged_folder: Path | None, adapters: Path, base: Path, heldout: Path
) -> None:
    """Print how fast base, adapter and merged model answer."""
    adapter, tokenizer = adapters / version, loading.load_tokenizer(base)
    prompt = trained_prompt(adapter, verify(base))
    texts = row_prompts(read_heldout(heldout)[:questions], prompt, tokenizer)
    prompts = prompt_ids(texts, prompt, tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        if merged_folder is None:
            merged_folder = Path(folder)
            merged.save(merged.merge(merged.with_adapter(loading.Weights(base, adapter, "nf4")), "float16"), merged_folder)
        running = contestants(base, adapter, merged_folder)
    for model in running.values():
        timed(model, tokenizer, prompts[0], 2)
    timings: dict[str, list[Timing]] = {name: [] for name in running}
    for ids in prompts:
        for name, model in running.items():
            timings[name].append(timed(model, tokenizer, ids, max_new_tokens))
    print(f"{len(prompts)} questions, at most {max_new_tokens} tokens, {torch.get_num_threads()} threads\n")
    print(markdown.table(table(timings)))
    print(json.dumps({line[0]: float(line[3]) for line in table(timings)[1:]}))


if __name__ == "__main__":
    main()
