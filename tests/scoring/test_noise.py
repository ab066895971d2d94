"""Training noise: what it is estimated from, and what it does to a verdict."""

import math

import numpy as np
import pytest

from mbegu.scoring import noise, significance
from mbegu.scoring.verdicts import describe, in_words, trainings

UP = {"m": True}


def measured(values, weights=1.0) -> dict:
    values = np.asarray(values, float)
    return {"m": np.stack([values * weights, np.broadcast_to(weights, values.shape)], 1)}


def retrained(generator, difficulty, spread: float, count: int, mean: float = 0.0) -> list[dict]:
    """One version trained `count` times: each training moves all answers by one draw, and each answer by its own."""
    return [
        measured(difficulty + mean + spread * generator.normal() + generator.normal(0, 0.1, len(difficulty)))
        for _ in range(count)
    ]


def test_what_trainings_differ_by_is_found_and_what_questions_explain_is_not_counted():
    generator = np.random.default_rng(0)
    difficulty = generator.beta(2, 5, 200)
    for spread in (0.0, 0.05):
        found = [noise.training_noise([retrained(generator, difficulty, spread, 5)], UP)["m"] for _ in range(200)]
        assert np.mean([one.between for one in found]) == pytest.approx(spread**2 + 0.1**2 / 200, rel=0.15)
        assert np.mean([one.main for one in found]) == pytest.approx(spread**2, abs=3e-5, rel=0.15)
        assert {one.freedom for one in found} == {4}


def test_a_ratio_of_sums_is_weighted():
    weights = np.linspace(1, 9, 50)
    values = np.linspace(0, 1, 50)
    found = noise.training_noise([[measured(values, weights), measured(values + 0.2, weights)]], UP)["m"]
    assert found.between == pytest.approx(0.2**2 / 2) and found.main == pytest.approx(found.between)


def test_versions_are_pooled_and_a_version_that_is_noisier_is_told():
    generator = np.random.default_rng(1)
    difficulty = generator.beta(2, 5, 60)
    calm, wild = retrained(generator, difficulty, 0.0, 6), retrained(generator, difficulty, 0.5, 6)
    found = noise.training_noise([calm, wild], UP)["m"]
    assert found.freedom == 10 and found.unequal < 0.01
    alike = noise.training_noise([calm, retrained(generator, difficulty, 0.0, 6)], UP)["m"]
    assert alike.unequal > 0.05 and noise.training_noise([calm], UP)["m"].unequal is None
    said = trainings({"trainings": [6, 6], "noise": {"rougeL": {"unequal": found.unequal}}, "level": 0.95})
    assert "12 trainings of 2 versions" in said and "Versions differ in it in ROUGE-L F1" in said


def test_a_version_trained_once_and_a_metric_without_data_teach_nothing():
    assert noise.training_noise([[measured([1.0, 2.0])]], UP) == {}
    assert noise.training_noise([[measured([1.0, 2.0]), measured([1.0, 2.0], 0.0)]], UP) == {}


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.08])
def test_equal_versions_are_seldom_called_different_whatever_trainings_differ_by(drawn_once, spread):
    generator = np.random.default_rng(2)
    called = ignored = 0
    for _ in range(100):
        difficulty = generator.beta(2, 5, 40)
        old, new = retrained(generator, difficulty, spread, 3), retrained(generator, difficulty, spread, 1)
        known = noise.training_noise([old], UP)
        called += significance.compare_pair(old[0], new[0], UP, known)["m"]["verdict"] != "not distinguishable"
        ignored += significance.compare_pair(old[0], new[0], UP)["m"]["verdict"] != "not distinguishable"
    assert called <= 10  # of 100 at 5 %: more by chance in one case of 90
    assert spread < 0.08 or ignored > 30


def test_a_difference_far_beyond_the_noise_is_found():
    generator = np.random.default_rng(3)
    difficulty = generator.beta(2, 5, 40)
    old, new = retrained(generator, difficulty, 0.01, 4), retrained(generator, difficulty, 0.01, 1, mean=0.3)
    found = significance.compare_pair(old[0], new[0], UP, noise.training_noise([old], UP))["m"]
    assert found["verdict"] == "better" and 0 <= found["noise"] < 1
    assert found["low"] <= found["low_alone"] and found["high_alone"] <= found["high"]


def test_one_of_two_trained_models_has_half_the_noise_and_two_names_of_an_adapter_none():
    known = noise.Noise(0.04, 0.04, 3, None)
    both, one = (noise.uncertainties(known, trained, 0.0, 50)[0].variance for trained in (2, 1))
    assert both == 2 * one == 0.08 and noise.uncertainties(known, 0, 0.1, 50) == []


def test_no_number_of_questions_shows_what_trainings_alone_may_make():
    values = np.linspace(0, 1, 40)
    old, new = measured(values), measured(values + 0.05 + 0.01 * np.sin(values * 50))
    known = {"m": noise.Noise(0.01, 0.01, 2, None)}
    found = significance.compare_pair(old, new, UP, known)["m"]
    assert found["verdict"] == "not distinguishable" and found["n_needed"] is None and found["noise"] > 0.9
    assert significance.compare_pair(old, new, UP)["m"]["verdict"] == "better"


def test_a_verdict_of_which_no_noise_is_known_says_that_it_is_about_two_adapters():
    values = np.linspace(0, 1, 40)
    pair = measured(values), measured(values + 0.05 + 0.01 * np.sin(values * 50))
    names = {"rougeL": True}
    arrays = [{"rougeL": one["m"]} for one in pair]
    alone = significance.compare_pair(*arrays, names)
    assert alone["rougeL"]["noise"] is None and "of these adapters" in in_words(alone)
    known = significance.compare_pair(*arrays, names, {"rougeL": noise.Noise(1e-6, 1e-6, 4, None)})
    assert "adapters" not in in_words(known) and describe(known["rougeL"]).endswith(" %")
    same = significance.compare_pair(*arrays, names, None, 0)
    assert same["rougeL"]["noise"] == 0.0 and "adapters" not in in_words(same)


def test_p_and_interval_are_those_of_student():
    one = noise.Uncertainty(0.04, 2)
    assert noise.p_value(0.0, one) == 1.0
    width = noise.half_width(one, 0.05)
    assert width == pytest.approx(4.3027 * 0.2, rel=1e-4) and noise.p_value(width, one) == pytest.approx(0.05)
    assert noise.half_width(one, 0.0) == math.inf and noise.p_value(0.1, noise.Uncertainty(0.0, 2)) == 0.0


@pytest.mark.parametrize(("lasting", "more"), [(0.0, False), (0.01, True), (0.03, True), (1.0, None)])
def test_questions_that_would_show_a_difference_are_more_with_training_noise_or_none_would(lasting, more):
    without, found = significance.needed(0.5, 0.2, 60, 0.05), significance.needed(0.5, 0.2, 60, 0.05, lasting)
    assert without is not None and ((found is None) if more is None else (found > without) == more)


def test_trainings_that_hide_what_these_questions_would_show_ask_for_no_fewer_questions():
    known = noise.Noise(between=0.02, main=0.001, freedom=2, unequal=None)
    draw = np.random.default_rng(0)
    resampled, swaps = draw.normal(0.4, 0.05, 10_000), draw.normal(0, 0.05, (2, 10_000))
    samples = significance.Samples(0.4, resampled, np.stack([swaps[0], np.ones(10_000)]), 60, known, 2)
    assert significance._needed(samples._replace(noise=None), 0.004) <= 60
    assert significance._needed(samples, 0.004) is None
