"""Which LoRA recipe learns most from the same number of training tokens? By validation loss, one change at a time.

Every recipe trains on the same budget of tokens: with more epochs, on fewer rows. Validation rows share no lineage with training
rows. The difference to the first recipe is a mean over validation rows, its interval comes from a bootstrap of their lineages and
is as wide as the number of recipes asks for (Bonferroni). It is of one seed, so that training noise is no part of it: --seeds 3
shows how far seeds lie apart. Not run by `make bench`: nine recipes of 20,000 tokens train for a quarter of an hour.

    python benchmarks/recipe.py --encoded data/encoded/v2.arrow --base models/base --tokens 20000
    python benchmarks/recipe.py --only q,k,v,o --only "all linear" --tokens 3000 --most_validation 10
"""

import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import click

from mbegu.quiet import quiet
from mbegu.text.draws import rank
from mbegu.training.settings import Lora, Schedule

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
LINEAR = [*ATTENTION, "gate_proj", "up_proj", "down_proj"]
RESAMPLES, LEVEL = 10_000, 0.95


class Recipe(NamedTuple):
    """What is tried."""

    name: str
    r: int = 16
    targets: tuple[str, ...] = tuple(ATTENTION)
    learning_rate: float = 5e-4
    epochs: int = 1
    use_rslora: bool = False


RECIPES = (
    Recipe("q,k,v,o"),
    Recipe("all linear", targets=tuple(LINEAR)),
    Recipe("rank 4", r=4),
    Recipe("rank 64", r=64),
    Recipe("rank 64, rsLoRA", r=64, use_rslora=True),
    Recipe("rate 0.0002", learning_rate=2e-4),
    Recipe("rate 0.001", learning_rate=1e-3),
    Recipe("2 epochs", epochs=2),
    Recipe("4 epochs", epochs=4),
)


class Tried(NamedTuple):
    """What came of a recipe."""

    losses: list[float]  # of each validation row, in nats a token
    tokens: int  # read in training, over all epochs
    seconds: float


def schedule(recipe: Recipe, seed: int) -> Schedule:
    """Batches of 8, linear decay after a twentieth of warm-up: what the projects train with."""
    return Schedule(
        epochs=recipe.epochs, batch_size=4, gradient_accumulation_steps=2, learning_rate=recipe.learning_rate,
        lr_scheduler="linear", warmup_steps=1, weight_decay=0.0, max_grad_norm=1.0, gradient_checkpointing=False, validation=0.0,
        save_steps=10**6, early_stopping=0, seed=seed,
    )  # fmt: skip


def budgeted(rows: Any, tokens: int) -> Any:
    """Rows by a hash of each, as many as have so many tokens together."""
    chosen, used = [], 0
    for place in sorted(range(len(rows)), key=lambda place: rank(f"recipe {rows[place]['id']}")):
        if used >= tokens:
            break
        chosen.append(place)
        used += len(rows[place]["input_ids"])
    return rows.select(chosen)


def attempt(recipe: Recipe, base: Path, rows: Any, validation: Any, tokens: int, seed: int) -> Tried:
    """Trains once, and measures each validation row."""
    from mbegu.training import replay, trainer

    chosen = budgeted(rows, tokens // recipe.epochs)
    lora = Lora(recipe.r, 2 * recipe.r, 0.05, list(recipe.targets), recipe.use_rslora)
    start = time.monotonic()
    model = trainer.build(base, "qlora", lora, seed)
    with tempfile.TemporaryDirectory() as folder:
        trainer.train(model, chosen, validation.select([]), schedule(recipe, seed), Path(folder))
    seconds = time.monotonic() - start
    read = recipe.epochs * sum(len(ids) for ids in chosen["input_ids"])
    return Tried([replay.mean_loss(model, [row]) or 0.0 for row in validation], read, seconds)


def interval(new: list[float], old: list[float], roots: list[str], level: float) -> tuple[float, float, float]:
    """Mean difference, and its percentile interval over resampled lineages."""
    import numpy as np

    groups = sorted(set(roots))
    sums = np.array([[sum(n - o for n, o, r in zip(new, old, roots, strict=True) if r == g), roots.count(g)] for g in groups])
    drawn = np.random.default_rng(0).integers(len(groups), size=(RESAMPLES, len(groups)))
    means = sums[drawn, 0].sum(1) / sums[drawn, 1].sum(1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(sums[:, 0].sum() / sums[:, 1].sum()), float(low), float(high)


def line(recipe: Recipe, tried: Tried, first: Tried, roots: list[str], others: int) -> str:
    """A row of the table."""
    loss = sum(tried.losses) / len(tried.losses)
    if tried is first:
        said = "–"
    else:
        mean, low, high = interval(tried.losses, first.losses, roots, 1 - (1 - LEVEL) / max(others, 1))
        said = f"{mean:+.4f} [{low:+.4f}, {high:+.4f}] {'better' if high < 0 else 'worse' if low > 0 else '≈'}"
    return f"| {recipe.name} | {loss:.4f} | {said} | {tried.tokens:,} | {tried.seconds:.0f} |"


@click.command()
@click.option(
    "--encoded", type=click.Path(path_type=Path), default=Path("data/encoded/v2.arrow"), help="File of the encode stage."
)
@click.option("--base", type=click.Path(path_type=Path), default=Path("models/base"), help="Folder of the base model.")
@click.option("--tokens", default=20_000, help="Training tokens of each recipe.")
@click.option("--fraction", default=0.2, help="Share of lineages held back.")
@click.option("--most_validation", default=60, help="Validation rows that are measured, at most.")
@click.option("--seeds", default=1, help="Trainings of each recipe.")
@click.option("--only", multiple=True, type=click.Choice([recipe.name for recipe in RECIPES]), help="A recipe; repeat.")
def main(
    encoded: Path, base: Path, tokens: int, fraction: float, most_validation: int, seeds: int, only: tuple[str, ...]
) -> None:  # fmt: skip
    """Compare recipes at equal tokens."""
    quiet()
    from mbegu.training import trainer
    from mbegu.training.encoded import read_encoded

    training, held_back = trainer.split(read_encoded(encoded)[0], fraction)
    held_back = held_back.select(range(min(most_validation, len(held_back))))
    roots = ["\x1f".join(found) for found in held_back["roots"]]
    recipes = [recipe for recipe in RECIPES if not only or recipe.name in only]
    print(f"{len(held_back)} validation rows of {len(set(roots))} lineages, {tokens:,} training tokens each\n")
    print("| recipe | validation loss | difference to the first | tokens | seconds |\n|---|---|---|---|---|", flush=True)
    for seed in range(seeds):
        first = None
        for recipe in recipes:
            tried = attempt(recipe, base, training, held_back, tokens, seed)
            first = first or tried
            print(line(recipe, tried, first, roots, len(recipes) - 1), flush=True)


if __name__ == "__main__":
    main()
