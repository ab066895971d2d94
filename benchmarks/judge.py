"""How often does the interval of a judge's win rate hold what people would say, with and without some decisions of people?

    python benchmarks/judge.py [--trials N]

80 questions, in groups that share a leaning or without; people prefer the first model on a share of all questions there are.
The judge says what people say with a chance, and else that the first model is better. Columns: the share of trials in which a
95 % interval holds that share, and its width: by the judge alone, by people's decisions alone, by both
(`mbegu.scoring.powered`).
"""

import argparse

import numpy as np

from mbegu.scoring.powered import Rate, alone, powered

QUESTIONS = 80
SETTINGS = [
    (people, size, right, better)
    for people, size, right in ((12, 1, 0.9), (30, 1, 0.6), (30, 1, 0.95), (30, 4, 0.8), (80, 4, 0.5))
    for better in (0.5, 0.8, 0.95)
]


def trial(generator, people: int, size: int, right: float, better: float) -> list[Rate]:
    """The rates by the judge, by people and by both.

    Args:
        people: questions that they decide on.
        size: questions of a group.
        right: chance that the judge says what people say.
        better: share of all questions there are on which people prefer the first model.
    """
    leaning = np.full(QUESTIONS, better)
    groups = [str(number // size) for number in range(QUESTIONS)] if size > 1 else ()
    if size > 1:
        leaning = generator.beta(4 * better, 4 * (1 - better), QUESTIONS // size).repeat(size)
    truth = (generator.random(QUESTIONS) < leaning).astype(float)
    judge = np.where(generator.random(QUESTIONS) < right, truth, 1.0)
    known = np.full(QUESTIONS, np.nan)
    drawn = generator.permutation(QUESTIONS)[:people]
    known[drawn] = truth[drawn]
    return [alone(judge, groups), alone(known, groups), powered(known, judge, groups)]


def held(trials: int, setting: tuple[int, int, float, float]) -> tuple[list[float], list[float]]:
    """The share of trials in which each rate's interval holds, and its mean width."""
    generator = np.random.default_rng(round(1000 * setting[3] + 100 * setting[2]) + 7 * setting[0] + setting[1])
    found = np.array([[(one.low, one.high) for one in trial(generator, *setting)] for _ in range(trials)])
    holds = (found[..., 0] <= setting[3]) & (found[..., 1] >= setting[3])
    return list(holds.mean(0)), list((found[..., 1] - found[..., 0]).mean(0))


def main() -> None:
    """Prints a line a setting."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=500)
    trials = parser.parse_args().trials
    print(f"Intervals that hold, and their width, {trials} trials a line\n")
    print("| decided on | a group | judge right | better | judge | people | both |\n|---|---|---|---|---|---|---|")
    for people, size, right, better in SETTINGS:
        cells = [
            f"{100 * rate:.0f} %, {width:.2f}" for rate, width in zip(*held(trials, (people, size, right, better)), strict=True)
        ]
        print(f"| {people} | {size} | {right:g} | {better:g} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
