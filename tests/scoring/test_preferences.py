"""Wins of a model over another, as people judged blind."""

import pytest

from mbegu.rows.judgements import Judgement, Side
from mbegu.scoring.preferences import wins


def said(id_: str, verdict: str, reviewer: str = "", swap: bool = False) -> Judgement:
    sides = [Side("v2", "ሰላም።"), Side("base", "مرحبا")]
    left, right = sides[::-1] if swap else sides
    return Judgement(id_, left, right, verdict, reviewer)


def test_a_side_is_a_model_wherever_it_stood_and_the_last_word_counts():
    found = wins(
        [said("1", "left"), said("2", "left", swap=True), said("2", "right", swap=True), said("3", "neither")], "v2", "base"
    )
    assert found[:3] == (2, 0, 1)


def test_of_several_people_the_majority_wins_a_question():
    first = [said("1", "left", "a"), said("1", "left", "b"), said("1", "right", "c")]
    second = [said("2", "left", "a"), said("2", "right", "b")]
    assert wins([*first, *second], "v2", "base")[:3] == (1, 0, 1)


def test_the_interval_is_exact_and_nothing_is_known_without_a_win():
    found = wins([said(str(number), "left" if number < 8 else "right") for number in range(10)], "v2", "base")
    assert found[3:] == (pytest.approx(0.4439, abs=1e-4), pytest.approx(0.9748, abs=1e-4))  # 8 of 10, Clopper and Pearson
    assert wins([said("1", "neither")], "v2", "base") == (0, 0, 1, 0.0, 1.0)
    assert wins([said("1", "left")], "v3", "base")[:3] == (0, 0, 0)
