"""All models on the same held-out questions: their scores, and which differences are more than chance."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.scoring.fewest import LEVEL
from mbegu.scoring.headings import TESTED
from mbegu.scoring.measures import Measures
from mbegu.scoring.noise import training_noise
from mbegu.scoring.scores import read_measures
from mbegu.scoring.significance import RESAMPLES, as_arrays, compare_pair, own_intervals

BASE = "base"
Models = dict[str, list[Measures]]  # by model: the measures of each question, all in the same order


class Trained(NamedTuple):
    """What is known of how models were trained."""

    weights: Mapping[str, str | None] = {}  # by model, what was trained of it, None for a base; others are apart, but for `BASE`
    again: Sequence[Sequence[Sequence[Measures]]] = ()  # of each version trained more than once, each training's measures

    def noisy(self, new: str, old: str) -> int:
        """How many of two models have a training of their own; 0 where both are the same adapter."""
        of_new, of_old = (self.weights.get(name, None if name == BASE else name) for name in (new, old))
        return 0 if of_new == of_old else sum(weights is not None for weights in (of_new, of_old))


NOT_AGAIN = Trained()


def read_scores(folder: Path, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Metrics of each model, base first, then in the order given; files of other models are left alone.

    Raises:
        BadInput: the base is not among the names, a model has no scores, or scores are over different numbers of rows.
    """
    if BASE not in names:
        raise BadInput(f"models: {', '.join(names) or 'none'}; add `{BASE}: models/base` in params.yaml, to compare with it.")
    paths = {name: folder / f"{name}.json" for name in sorted(names, key=lambda name: name != BASE)}
    for name, path in paths.items():
        if not path.is_file():
            raise BadInput(f"{folder}: no {name}.json here; build it with `dvc repro score@{name}`.")
    scores = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items()}
    if len({metrics["rows"] for metrics in scores.values()}) > 1:
        raise BadInput(f"{folder}: scores over different held-out rows can't be compared; run `dvc repro`.")
    return scores


def read_models(folder: Path, names: Sequence[str]) -> tuple[list[str], Models]:
    """Ids of the questions, and each model's measures of them.

    Raises:
        BadInput: a file is missing, or models were scored on different questions.
    """
    found = {name: read_measures(folder / f"{name}.jsonl") for name in names}
    ids = found[names[0]][0]
    for name, (others, _) in found.items():
        if others != ids:
            raise BadInput(f"{folder}/{name}.jsonl: scores other questions than {names[0]}.jsonl; run `dvc repro`.")
    return ids, {name: measures for name, (_, measures) in found.items()}


def compare(
    models: Models,
    groups: Sequence[str] = (),
    shown: Sequence[tuple[str, str]] = (),
    trained: Trained = NOT_AGAIN,
    tested: Mapping[str, bool] = TESTED,
) -> dict[str, Any]:
    """Intervals of each model's scores, and every pair of models compared.

    Args:
        groups: the group of each question (see `significance.as_arrays`), or nothing.
        shown: comparisons, (new, old), that are wanted beside each model with every one before it.
        tested: the metrics, and whether more is better.

    Returns:
        `rows`; `groups`, if there are any, how many are resampled; `trainings`, of each version trained more than once, how
        many; `noise`, what these differ by in each metric; `resamples`; `level` of the intervals; `intervals` by model
        and metric, [low, high]; `pairs`, by "NEW against OLD", of what
        `significance.compare_pair` says. Numbers have 6 digits.
    """
    arrays = {model: as_arrays(rows, tested, groups) for model, rows in models.items()}
    names = list(models)
    ordered = [(new, old) for index, new in enumerate(names) for old in names[:index]]
    noise = training_noise([[as_arrays(rows, tested, groups) for rows in version] for version in trained.again], tested)
    pairs = {
        pair_name(new, old): compare_pair(arrays[old], arrays[new], tested, noise, trained.noisy(new, old))
        for new, old in dict.fromkeys([*ordered, *shown])
    }
    intervals = {model: own_intervals(found, tested) for model, found in arrays.items()}
    rows = len(next(iter(models.values())))
    counted: dict[str, Any] = {"groups": len(next(iter(arrays[names[0]].values())))} if any(groups) else {}
    if noise:
        spread = {name: {"spread": math.sqrt(one.between), "unequal": one.unequal} for name, one in noise.items()}
        counted |= {"trainings": [len(version) for version in trained.again], "noise": rounded(spread)}
    found = {"resamples": RESAMPLES, "level": LEVEL, "intervals": rounded(intervals), "pairs": rounded(pairs)}
    return {"rows": rows, **counted, **found}


def pair_name(new: str, old: str) -> str:
    """The key of a comparison, read as a sentence: `better` means that `new` is better."""
    return f"{new} against {old}"


def rounded(value: Any) -> Any:
    """Every number in it with 6 digits, and None for one without end."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    if not isinstance(value, float):
        return value
    return round(value, 6) if abs(value) < float("inf") else None
