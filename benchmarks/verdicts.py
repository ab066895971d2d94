"""How often is a verdict false, and how often is a true difference found?

    python benchmarks/verdicts.py [--trials N]

Two versions answer the same questions. Questions are of unequal difficulty and stand in groups, which share a part of it and of
what each model makes of it; a training moves all of an adapter's answers by one draw and each answer by its own. Versions that
are equal should be told apart in at most 5 % of trials (A/A); how often a difference is found is the power (A/B). Columns:
each question for itself; groups resampled whole; groups and training noise, estimated from 3 and from 5 trainings of one
version. Spreads are in units of the standard error over questions.
"""

import argparse

import numpy as np

from mbegu.scoring.noise import training_noise
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


def main() -> None:
    """Prints the rates of false verdicts and of found differences."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=200)
    trials = parser.parse_args().trials
    table("Equal versions (A/A): told apart", trials, [(s, c, 0.0) for c in (0.0, 0.5) for s in (0.0, 0.5, 1.0, 2.0)])
    table("Version B better (A/B): found", trials, [(s, 0.0, d) for s in (0.0, 0.5, 1.0) for d in (3.0, 6.0, 12.0)])


if __name__ == "__main__":
    main()
