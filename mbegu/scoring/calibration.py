"""How sure a judge's verdicts on two models are, and how far people agree with it.

A judge's win rate says what that judge prefers. What people prefer is known where they decided on some of the questions; these
decisions say how often the judge agrees with people, and correct its win rate (`mbegu.scoring.powered`).
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines
from mbegu.rows.judgements import Judgement, last
from mbegu.scoring.duels import Duel, blinded
from mbegu.scoring.powered import Rate, alone, powered
from mbegu.scoring.significance import as_arrays, compare_pair

KEYS = ("id", "pair", "orders", "verdict", "answers")
POINTS = {"first": 1.0, "second": 0.0, "tie": 0.5}  # for the first model
EVEN = 0.5
DIGITS = 4


class Decided(NamedTuple):
    """What people said of the questions of a pair."""

    points: list[list[float]]  # of each question, one number a reviewer, as in POINTS
    reviewers: int
    other_answers: int  # decisions on answers that the models no longer give


def read_verdicts(path: Path, duels: Sequence[Duel]) -> list[dict[str, Any]]:
    """What the judge stage wrote of these duels, in their order.

    Raises:
        BadInput: the file is broken, or of other questions.
    """
    found = [value for _, value in read_lines(path, KEYS)]
    if [value["id"] for value in found] != [duel.first["id"] for duel in duels]:
        raise BadInput(f"{path}: judges other questions than {duels[0].pair} answer; run `dvc repro`.")
    return found


def decided(duels: Sequence[Duel], judgements: Iterable[Judgement]) -> Decided:
    """The decisions that count, question by question."""
    places = {one.about(): number for number, one in enumerate(one for duel in duels for one in blinded([duel]))}
    points: list[list[float]] = [[] for _ in duels]
    reviewers, others = set(), 0
    for one in last(judgements):
        place = places.get(one._replace(reviewer="").about())
        if place is None:
            others += 1
            continue
        new = duels[place].pair.partition(":")[0]
        points[place].append(_points(one, new))
        reviewers.add(one.reviewer)
    return Decided(points, len(reviewers), others)


def _points(judgement: Judgement, new: str) -> float:
    if judgement.verdict == "neither":
        return EVEN
    return float((judgement.left if judgement.verdict == "left" else judgement.right).model == new)


def calibrate(
    verdicts: Sequence[Mapping[str, Any]], people: Decided, groups: Sequence[str] = (), trained: int = 2
) -> dict[str, Any]:
    """The judge's win rate and what people make of it, seen from the first model.

    Args:
        verdicts: of each question, as `judging.verdict` gives them.
        groups: the group of each question, or nothing.
        trained: how many of the two models are trained with a seed of their own.

    Returns:
        `rows`; `groups`, if there are any, how many are resampled; `judged`, the judge's own `rate` with `low` and `high` (95 %:
        the wider of bootstrap and permutation test, as for any metric), its `verdict` on the first model, `n` questions or
        groups, `n_needed` of them, and `trained`, None if no question is readable; `orders`, how often both orders say the
        same; `other_answers`, decisions on answers that are none of these. If people decided on some: `people`, their own rate
        with what it rests on, `agreement`, how often they say what the judge says, and `corrected`, the rate that both together
        give, with the judge's `weight`. Rates are from 0 to 1.
    """
    readable = [row["verdict"] in POINTS for row in verdicts]
    points = np.array([POINTS.get(row["verdict"], EVEN) for row in verdicts])
    found: dict[str, Any] = {"rows": len(verdicts)}
    if any(groups):
        found["groups"] = len(set(filter(None, groups))) + list(groups).count("")
    same = [float(row["orders"][0] == row["orders"][1]) if ok else np.nan for row, ok in zip(verdicts, readable, strict=True)]
    found |= {
        "judged": _judged(points, readable, groups, trained) if any(readable) else None,
        "orders": _shown(alone(same, groups)) if any(readable) else None,
        "other_answers": people.other_answers,
    }
    return found | (_with_people(points, readable, people, groups) if any(people.points) else {})


def _judged(points: Any, readable: Sequence[bool], groups: Sequence[str], trained: int) -> dict[str, Any]:
    """The win rate as the difference of two models' points, tested like a metric: better than half is better than the other."""
    sides = [
        [{"wins": (float(value), 1.0)} if ok else {} for value, ok in zip(side, readable, strict=True)]
        for side in (1 - points, points)
    ]
    old, new = (as_arrays(side, ["wins"], groups) for side in sides)
    tested = compare_pair(old, new, {"wins": True}, trained=trained)["wins"]
    rate, low, high = ((1 + min(max(tested[key], -1.0), 1.0)) / 2 for key in ("difference", "low", "high"))
    ends = {"rate": round(rate, DIGITS), "low": round(low, DIGITS), "high": round(high, DIGITS)}
    return ends | {key: tested[key] for key in ("verdict", "n", "n_needed")} | {"trained": trained}


def _with_people(points: Any, readable: Sequence[bool], people: Decided, groups: Sequence[str]) -> dict[str, Any]:
    means = [float(np.mean(said)) if said else np.nan for said in people.points]
    agrees = [
        float(np.mean([one == value for one in said])) if said and ok else np.nan
        for said, value, ok in zip(people.points, points, readable, strict=True)
    ]
    count = {
        "questions": sum(map(bool, people.points)),
        "decisions": sum(map(len, people.points)),
        "reviewers": people.reviewers,
    }
    corrected = powered(means, points, groups)
    return {
        "people": count | _shown(alone(means, groups)),
        "agreement": None if np.isnan(agrees).all() else _shown(alone(agrees, groups)),
        "corrected": _shown(corrected) | {"weight": round(corrected.weight, DIGITS), "verdict": _called(corrected)},
    }


def _shown(rate: Rate) -> dict[str, Any]:
    ends = {"rate": rate.rate, "low": rate.low, "high": rate.high}
    return {key: round(value, DIGITS) for key, value in ends.items()} | {"n": rate.units}


def _called(rate: Rate) -> str:
    if rate.low > EVEN:
        return "better"
    return "worse" if rate.high < EVEN else "not distinguishable"
