"""How often is a verdict false, and how often is a true difference found?

    python benchmarks/verdicts.py [--trials N]
    python benchmarks/verdicts.py --retrain FOLDER [--trainings N]

Two versions answer the same questions. Questions are of unequal difficulty and stand in groups, which share a part of it and of
what each model makes of it; a training moves all of an adapter's answers by one draw and each answer by its own. Versions that
are equal should be told apart in at most 5 % of trials (A/A); how often a difference is found is the power (A/B). Columns:
each question for itself; groups resampled whole; groups and training noise, estimated from 3 and from 5 trainings of one
version. Spreads are in units of the standard error over questions.

The second form trains one version of this project's rows for real, again and again with other seeds, by the stages' own scripts
on a tiny random model, and compares every two of the trainings: each verdict is false. Training noise comes from the trainings
that are not of the pair; five make ten pairs. What is built stays in FOLDER, and is not built again.
"""

import argparse
import importlib.util
import itertools
import sys
from pathlib import Path

import click
import numpy as np

from mbegu.scoring.headings import TESTED
from mbegu.scoring.noise import training_noise
from mbegu.scoring.scores import read_measures
from mbegu.scoring.significance import as_arrays, compare_pair

UP = {"m": True}
QUESTIONS, GROUPS = 60, 15
ANSWER = 0.15  # spread of one answer around what its training and question make of it
ERROR = ANSWER * (2 / QUESTIONS) ** 0.5  # of a difference over questions
WAYS = ("each question", "groups", "3 trainings", "5 trainings")


def trained(generator, difficulty: np.ndarray, spread: float, clustered: float, better: float) -> list[dict]:
    """The measures of one training's answers."""
    own = np.repeat(generator.normal(0, clustered * ANSWER, GROUPS), QUESTIONS // GROUPS)
    values = difficulty + better + own + generator.normal(0, spread * ERROR) + generator.normal(0, ANSWER, QUESTIONS)
    return [{"m": (float(value), 1.0)} for value in values]


def called(generator, spread: float, clustered: float, better: float) -> list[bool]:
    """Which ways to compare tell the two versions apart, in one trial."""
    difficulty = generator.beta(2, 5, QUESTIONS)
    olds = [trained(generator, difficulty, spread, clustered, 0.0) for _ in range(5)]
    new = trained(generator, difficulty, spread, clustered, better)
    groups = [str(number * GROUPS // QUESTIONS) for number in range(QUESTIONS)]
    alone = [as_arrays(rows, UP) for rows in (olds[0], new)]
    whole = [as_arrays(rows, UP, groups) for rows in (*olds, new)]
    verdicts = [compare_pair(*alone, UP), compare_pair(whole[0], whole[-1], UP)]
    verdicts += [compare_pair(whole[0], whole[-1], UP, training_noise([whole[:count]], UP)) for count in (3, 5)]
    return [verdict["m"]["verdict"] != "not distinguishable" for verdict in verdicts]


def rates(trials: int, spread: float, clustered: float, better: float) -> list[float]:
    """The share of trials in which each of `WAYS` tells the versions apart."""
    generator = np.random.default_rng(round(1000 * (spread + 10 * clustered + 100 * better)))
    return list(np.mean([called(generator, spread, clustered, better) for _ in range(trials)], 0))


def table(title: str, trials: int, settings: list[tuple[float, float, float]]) -> None:
    """Prints a line a setting: (training noise, groups' own spread, difference in standard errors)."""
    print(f"\n{title}, {trials} trials a line\n")
    print("| training noise | groups | difference |" + "".join(f" {way} |" for way in WAYS))
    print("|---|---|---|" + "---|" * len(WAYS))
    for spread, clustered, better in settings:
        found = rates(trials, spread, clustered, better * ERROR)
        print(f"| {spread:g} | {clustered:g} | {better:g} |" + "".join(f" {100 * rate:.1f} % |" for rate in found), flush=True)


HOUSE = Path(__file__).parents[1]
ROWS, HELD_OUT = 60, 40  # the first of version v1, and of what is held out
PROMPT = {"template": HOUSE / "templates/chat.jinja"}
TRAIN = {
    "method": "lora", "lora.r": 8, "lora.alpha": 16, "lora.dropout": 0.05, "lora.targets": "q_proj", "epochs": 4, "batch_size": 4,
    "gradient_accumulation_steps": 1, "learning_rate": 0.01, "lr_scheduler": "linear", "warmup_steps": 0, "weight_decay": 0,
    "max_grad_norm": 1, "validation": 0.1, "save_steps": 1000, "early_stopping": 0,
}  # fmt: skip
PREDICT = {"quantization": "none", "batch_size": 40, "max_new_tokens": 16}
LOCALE = {"languages": "en", "currency": "KES", "unknown": "I don't know", "disclaimer": "", "names": "CIC"}
SCORE = {"rouge": "rougeL", "digits": 4, "following": HOUSE / "data/seeds/v1.jsonl"}


def stage(name: str, options: dict, *flags: str) -> None:
    """Runs a stage's script in this process, which has loaded torch already."""
    spec = importlib.util.spec_from_file_location(f"{name}_stage", HOUSE / f"stages/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    given = [str(part) for option, value in options.items() for part in (f"--{option}", value)]
    click.Command.main(module.main, [*given, *flags], standalone_mode=False)  # a stage's own main ends the process


def first_lines(source: Path, out: Path, count: int) -> Path:
    """The first rows of a file, as a file of their own."""
    out.write_text("".join(source.read_text(encoding="utf-8").splitlines(keepends=True)[:count]), encoding="utf-8")
    return out


def prepared(folder: Path) -> Path:
    """The base, the encoded rows and the held-out rows in a folder; the base's path."""
    base, encoded = folder / "base", folder / "v1.arrow"
    if not base.exists():
        from mbegu.models.base import from_path

        sys.path.insert(0, str(HOUSE / "tests"))
        from tiny import make_model

        folder.mkdir(parents=True, exist_ok=True)
        texts = (HOUSE / "data/seeds/v1.jsonl").read_text(encoding="utf-8").splitlines()
        from_path(make_model(folder / "raw", texts=texts, tokens=1000), base)
    if not encoded.exists():
        first_lines(HOUSE / "data/heldout.jsonl", folder / "heldout.jsonl", HELD_OUT)
        rows = first_lines(HOUSE / "data/seeds/v1.jsonl", folder / "v1.jsonl", ROWS)
        options = {"version": rows, "base": base, "out": encoded, "ledger": folder / "encode.ledger.jsonl",
                   "metrics": folder / "encode.json", "lengths": folder / "encode.csv", "warnings": folder / "encode.warn.json",
                   "max_length": 512, "on_truncation": "drop"}  # fmt: skip
        stage("encode", options | PROMPT, "--chat")
    return base


def trained_for_real(folder: Path, seed: int) -> dict:
    """The measures of a training's answers, from the folder if they are there."""
    base, scores, adapter = prepared(folder), folder / f"scores/{seed}.jsonl", folder / f"adapters/{seed}"
    if not scores.exists():
        work, predictions = folder / f"work/{seed}", folder / f"predictions/{seed}.jsonl"
        options = {"encoded": folder / "v1.arrow", "base": base, "start": base, "out": adapter, "work": work, "seed": seed,
                   "curves": folder / f"curves/{seed}", "warnings": folder / f"warnings/{seed}.json"}  # fmt: skip
        stage("train", options | TRAIN, "--no-gradient_checkpointing")
        asked = {"heldout": folder / "heldout.jsonl", "base": base, "model": adapter, "name": "v1", "out": predictions,
                 "memo": folder / "memo", "work": work}  # fmt: skip
        stage("predict", asked | PROMPT | PREDICT, "--chat")
        found = {"predictions": predictions, "heldout": folder / "heldout.jsonl", "rows": scores,
                 "out": folder / f"score/{seed}.json"}  # fmt: skip
        stage("score", found | LOCALE | SCORE)
    return as_arrays(read_measures(scores)[1], TESTED)


def retrain(folder: Path, trainings: int) -> None:
    """Prints how many verdicts on two trainings of one version there are, without and with what others say of training noise."""
    models = [trained_for_real(folder, seed) for seed in range(trainings)]
    pairs = list(itertools.combinations(range(trainings), 2))
    counts = {"these two adapters": [0, 0, 0], "with training noise": [0, 0, 0]}
    for pair in pairs:
        others = [model for seed, model in enumerate(models) if seed not in pair]
        for way, noise in zip(counts, (None, training_noise([others], TESTED)), strict=True):
            found = compare_pair(models[pair[0]], models[pair[1]], TESTED, noise).values()
            false = sum(verdict["verdict"] != "not distinguishable" for verdict in found)
            counts[way] = [a + b for a, b in zip(counts[way], (len(found), false, bool(false)), strict=True)]
    print(f"\nOne version trained {trainings} times, {len(pairs)} pairs: each verdict is false\n")
    print("| compared | metrics tested | called better or worse | pairs with any |\n|---|---|---|---|")
    for way, (tested, false, any_) in counts.items():
        print(f"| {way} | {tested} | {false} | {any_} of {len(pairs)} |")


def main() -> None:
    """Prints the rates of false verdicts and of found differences."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--retrain", type=Path, metavar="FOLDER", help="train for real, and keep what is built there")
    parser.add_argument("--trainings", type=int, default=5, choices=range(4, 21), metavar="4..20")
    options = parser.parse_args()
    if options.retrain:
        retrain(options.retrain, options.trainings)
        return
    trials = options.trials
    table("Equal versions (A/A): told apart", trials, [(s, c, 0.0) for c in (0.0, 0.5) for s in (0.0, 0.5, 1.0, 2.0)])
    table("Version B better (A/B): found", trials, [(s, 0.0, d) for s in (0.0, 0.5, 1.0) for d in (3.0, 6.0, 12.0)])


if __name__ == "__main__":
    main()
