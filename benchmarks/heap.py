"""A training step on this CPU with freed memory kept (`mbegu.training.heap`), against the C library's own way.

Each way runs in a process of its own, in turns, as a process can't go back. The step is a forward and a backward pass of QLoRA
over a packed batch.

    python benchmarks/heap.py --base models/base
"""

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click

from mbegu.quiet import quiet

WARM = 3  # steps that are not timed


def steps(base: Path, rows: int, tokens: int, count: int, keep: bool) -> list[float]:
    """Seconds of each step."""
    quiet()
    from mbegu.training import packing, trainer
    from mbegu.training.loss import completion_loss
    from mbegu.training.settings import Lora

    if not keep:
        trainer.keep_freed_memory = lambda: None
    model = trainer.build(base, "qlora", Lora(16, 32, 0.05, ["q_proj", "k_proj", "v_proj", "o_proj"], False), 0).train()
    ids = [[(37 * row + token) % model.config.vocab_size for token in range(tokens)] for row in range(rows)]
    batch = packing.pack([{"input_ids": one, "completion_start": tokens // 3} for one in ids])
    labels, found = batch.pop("labels"), []
    for _ in range(WARM + count):
        start = time.perf_counter()
        completion_loss(model(**batch), labels).backward()
        found.append(time.perf_counter() - start)
    return found[WARM:]


@click.command()
@click.option("--base", type=click.Path(path_type=Path), default=Path("models/base"), help="Folder of a base model.")
@click.option("--rows", default=4, show_default=True, help="Rows of a batch.")
@click.option("--tokens", default=170, show_default=True, help="Tokens of a row, of which two thirds are trained.")
@click.option("--steps", "count", default=15, show_default=True, help="Steps that are timed, each time.")
@click.option("--turns", default=2, show_default=True, help="Processes of each way.")
@click.option("--only", type=click.Choice(["kept", "given back"]), help="What a process of its own does.")
def main(base: Path, rows: int, tokens: int, count: int, turns: int, only: str | None) -> None:
    """Compare the two ways."""
    if only:
        seconds = steps(base, rows, tokens, count, only == "kept")
        print(statistics.median(seconds), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
        return
    found: dict[str, list[tuple[float, float]]] = {"kept": [], "given back": []}
    for _ in range(turns):
        for way, figures in found.items():
            settings = {"--base": base, "--rows": rows, "--tokens": tokens, "--steps": count, "--only": way}
            words = [str(word) for option in settings.items() for word in option]
            printed = subprocess.check_output([sys.executable, __file__, *words], text=True)
            seconds, memory = printed.split()[-2:]
            figures.append((float(seconds), float(memory)))
    best = {way: min(seconds for seconds, _ in figures) for way, figures in found.items()}
    for way, figures in found.items():
        most = max(memory for _, memory in figures)
        print(f"freed memory {way}: {best[way]:.2f} s a step (median; best of {turns}), {most:.2f} GB at most")
    print(f"{best['given back'] / best['kept']:.2f} times as fast")


if __name__ == "__main__":
    main()
