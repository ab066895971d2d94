"""Pairs of models whose answers to the same held-out questions are to be told apart, by a judge or by a person."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.rows.judgements import Judgement, Side, blind, in_order
from mbegu.scoring.predictions import read_predictions

QUESTION = ("instruction", "input", "reference")


class Duel(NamedTuple):
    """Two models' predictions of one row."""

    pair: str  # "FIRST:SECOND", the models' names
    first: dict[str, Any]
    second: dict[str, Any]


def read_duels(pairs: tuple[str, ...], folder: Path, models: Sequence[str]) -> list[Duel]:
    """The rows of every pair, pair by pair.

    Args:
        folder: of the predict stage's files, NAME.jsonl.
        models: the names that params.yaml declares.

    Raises:
        BadInput: a pair that is none or stands twice, a name that is none of them, two files that answer different rows.
    """
    again = next((pair for pair, count in Counter(pairs).items() if count > 1), None)
    if again:
        raise BadInput(f"judged: {again!r} stands twice; name it once.")
    return [duel for pair in pairs for duel in _duels(pair, folder, models)]


def _duels(pair: str, folder: Path, models: Sequence[str]) -> list[Duel]:
    first, second = (folder / f"{name}.jsonl" for name in _names(pair, models))
    left, right = read_predictions(first), read_predictions(second)
    if [_asked(value) for value in left] != [_asked(value) for value in right]:
        raise BadInput(f"judged: {first} and {second} answer different rows; build both again with `dvc repro`.")
    return [Duel(pair, *both) for both in zip(left, right, strict=True)]


def _names(pair: str, models: Sequence[str]) -> list[str]:
    names = pair.split(":")
    if len(names) != 2 or not all(names):
        raise BadInput(f"judged: {pair!r} is not a pair; write NAME:NAME, such as v2:base.")
    if names[0] == names[1]:
        raise BadInput(f"judged: {pair!r} compares a model with itself; name two models.")
    for name in names:
        if name not in models:
            raise BadInput(f"judged: {pair!r}: no model {name!r} in params.yaml; there are {', '.join(models) or 'none'}.")
    return names


def _asked(prediction: dict[str, Any]) -> list[Any]:
    return [prediction[key] for key in ("id", *QUESTION)]


def blinded(duels: Sequence[Duel]) -> list[Judgement]:
    """The duels of one pair as a person sees them, in the order in which they are put to one."""
    return in_order(_blinded(duel) for duel in duels)


def _blinded(duel: Duel) -> Judgement:
    new, old = duel.pair.split(":")
    return blind(duel.first["id"], Side(new, duel.first["prediction"]), Side(old, duel.second["prediction"]))
