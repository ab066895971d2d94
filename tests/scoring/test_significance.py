import numpy as np
import pytest

from mbegu.scoring import significance

UP = {"m": True}


def measured(values, weights=1.0) -> dict:
    values = np.asarray(values, float)
    return {"m": np.stack([values * weights, np.broadcast_to(weights, values.shape)], 1)}


def systems(generator, questions: int, difference: float) -> tuple[dict, dict]:
    """Two systems of which the second is better by `difference` on average; hard questions are hard for both."""
    difficulty = generator.beta(2, 5, questions)
    return measured(difficulty + generator.normal(0, 0.15, questions)), measured(
        difficulty + difference + generator.normal(0, 0.15, questions)
    )


def test_equal_systems_are_seldom_called_different_and_a_true_difference_is_mostly_found(drawn_once):
    generator = np.random.default_rng(10)  # an exact 5 % test, such as Student's here, exceeds 7 % of 400 with 3 seeds in 100
    equal = [significance.compare_pair(*systems(generator, 60, 0.0), UP)["m"] for _ in range(400)]
    assert sum(found["verdict"] != "not distinguishable" for found in equal) <= 0.07 * 400
    different = [significance.compare_pair(*systems(generator, 60, 0.1), UP)["m"] for _ in range(50)]
    assert sum(found["verdict"] == "better" for found in different) > 40
    assert not any(found["verdict"] == "worse" for found in different)


def test_of_many_metrics_few_comparisons_give_a_false_verdict(drawn_once):
    generator = np.random.default_rng(1)
    names = {str(number): True for number in range(8)}
    called = 0
    for _ in range(60):
        pairs = [systems(generator, 60, 0.0) for _ in names]
        first, second = ({name: pair[side]["m"] for name, pair in zip(names, pairs, strict=True)} for side in (0, 1))
        called += any(
            found["verdict"] != "not distinguishable" for found in significance.compare_pair(first, second, names).values()
        )
    assert called <= 0.1 * 60  # without Holm's correction about a third


def test_a_verdict_says_what_its_interval_says():
    generator = np.random.default_rng(2)
    seen = set()
    for difference in (0, 0.04, 0.06, 0.1):
        for questions in (12, 60):
            found = significance.compare_pair(*systems(generator, questions, difference), UP)["m"]
            seen.add(found["verdict"])
            assert (found["low"] > 0 or found["high"] < 0) == (found["verdict"] != "not distinguishable")
            assert found["low"] <= found["low_alone"] <= found["difference"] <= found["high_alone"] <= found["high"]
    assert seen == {"better", "not distinguishable"}


def test_a_lower_loss_is_better_and_a_higher_one_worse():
    values = np.linspace(1, 2, 30)
    low, high = measured(values), measured(values + 0.1 + 0.01 * np.sin(values * 50))
    assert significance.compare_pair(high, low, {"m": False})["m"]["verdict"] == "better"
    assert significance.compare_pair(low, high, {"m": False})["m"]["verdict"] == "worse"


def test_a_ratio_of_sums_weighs_each_question():
    first = {"m": np.array([[10.0, 10.0], [0.0, 90.0]])}
    second = {"m": np.array([[10.0, 10.0], [45.0, 90.0]])}
    assert significance.compare_pair(first, second, UP)["m"]["difference"] == pytest.approx(0.45)


def test_equal_answers_are_not_distinguishable_and_no_number_of_questions_would_help():
    values = measured([0.1, 0.5, 0.9])
    found = significance.compare_pair(values, values, UP)["m"]
    assert (found["difference"], found["low"], found["high"], found["p"]) == (0, 0, 0, 1)
    assert (found["verdict"], found["n_needed"], found["effect"]) == ("not distinguishable", None, 0)


@pytest.mark.parametrize("questions", [1, 2, 3, 5])
def test_a_handful_of_questions_shows_nothing(questions):
    found = significance.compare_pair(measured([0.1] * questions), measured(np.linspace(0.8, 0.9, questions)), UP)["m"]
    assert found["verdict"] == "not distinguishable"
    assert found["low"] == -np.inf and found["high"] == np.inf


def test_the_same_numbers_give_the_same_result():
    pair = systems(np.random.default_rng(3), 40, 0.05)
    assert significance.compare_pair(*pair, UP) == significance.compare_pair(*pair, UP)


def test_the_questions_needed_suffice(drawn_once):
    generator = np.random.default_rng(4)
    pairs = [significance.compare_pair(*systems(generator, 400, 0.05), UP)["m"] for _ in range(5)]
    questions = round(np.mean([found["n_needed"] for found in pairs]))
    assert 60 < questions < 250
    enough = [significance.compare_pair(*systems(generator, questions, 0.05), UP)["m"] for _ in range(40)]
    assert 0.6 * 40 < sum(found["verdict"] == "better" for found in enough) < 40  # a power of about 80 %


def test_a_metric_that_a_model_has_no_data_for_is_left_out():
    nothing = {"m": np.zeros((3, 2))}
    assert significance.compare_pair(nothing, measured([1, 2, 3]), UP) == {}
    assert significance.own_intervals(nothing, ["m"]) == {}


def test_holm_is_stricter_the_more_is_asked():
    assert significance._holm([0.01, 0.04, 0.03]) == [
        (pytest.approx(0.03), pytest.approx(0.05 / 3)),
        (pytest.approx(0.06), pytest.approx(0.05 / 2)),
        (pytest.approx(0.06), pytest.approx(0.05 / 2)),
    ]


def test_an_own_interval_holds_the_score():
    low, high = significance.own_intervals(measured(np.linspace(0, 1, 50)), ["m"])["m"]
    assert 0.4 < low < 0.5 < high < 0.6


@pytest.mark.parametrize(("questions", "verdict"), [(5, "not distinguishable"), (60, "better")])
def test_few_questions_show_nothing_even_if_all_differ_by_the_same(questions, verdict):
    values = np.zeros(questions)
    found = significance.compare_pair(measured(values), measured(values + 1.0), UP)["m"]
    assert found["verdict"] == verdict and (found["low"] > 0) == (found["p_holm"] <= 0.05)
