"""Which comparisons a project shows, and which of its models are asked without context."""

from pathlib import Path

import pytest

from mbegu.builds import comparing
from mbegu.builds.references import check_references
from mbegu.errors import BadInput
from mbegu.scoring.comparison import Trained

PLACE = Path("params.yaml")
PARAMS = {
    "models": {"base": "models/base", "base-bare": "models/base", "v1": "models/adapters/v1", "ባዶ": "models/adapters/v1"},
    "predict": {"without_context": ["base-bare", "ባዶ"]},
}


def test_a_model_is_paired_with_the_same_model_without_context():
    assert comparing.bare(PARAMS, PLACE) == {"base": "base-bare", "v1": "ባዶ"}
    assert comparing.bare({"models": PARAMS["models"]}, PLACE) == {}


def test_a_model_that_is_asked_without_context_must_be_declared():
    with pytest.raises(BadInput, match=r"params.yaml: predict.without_context names 'v2', which models does not; there are base"):
        comparing.bare(PARAMS | {"predict": {"without_context": ["v2"]}}, PLACE)


def test_named_pairs_are_shown_and_else_each_model_with_the_one_before():
    models = ["base", "v1"]
    assert comparing.shown(PARAMS | {"compared": [["ባዶ", "base"]]}, models, PLACE) == [("ባዶ", "base")]
    assert comparing.shown(PARAMS, models, PLACE) == [("v1", "base")]


@pytest.mark.parametrize("compared", ["v1", [["v1"]], [["v1", "base", "v2"]], [["v1", "v9"]]])
def test_a_comparison_is_two_models_that_there_are(compared):
    with pytest.raises(BadInput, match=r"params.yaml: (compared is|declares no model 'v9')"):
        comparing.shown(PARAMS | {"compared": compared}, ["base", "v1"], PLACE)


AGAIN = {
    "base_model": "models/base",
    "models": {
        "base": "models/base", "other": "../models/base", "v1": "models/adapters/v1", "v1-bare": "models/adapters/v1",
        "ሁለት": "models/adapters/v2", "v2-1": "models/noise/v2-1", "v2-2": "models/noise/v2-2", "v3-1": "models/noise/v3-1",
    },
    "noise": {
        "v2-1": {"version": "v2", "seed": 1}, "v2-2": {"version": "v2", "seed": 2}, "v3-1": {"version": "v3", "seed": 1},
        "unasked": {"version": "v1", "seed": 1},
    },
}  # fmt: skip


def test_a_version_s_trainings_are_the_models_that_noise_declares_with_its_own_first():
    assert comparing.again(AGAIN) == {"v2-1": "v2", "v2-2": "v2", "v3-1": "v3"}
    assert comparing.trainings(AGAIN) == [["ሁለት", "v2-1", "v2-2"], ["v3-1"]]  # v3 itself is no model here
    assert comparing.again(PARAMS) == {} and comparing.trainings(PARAMS) == []


def test_a_seed_changes_adapters_and_no_base():
    weights = comparing.weights(AGAIN)
    assert weights["base"] is None and weights["other"] is None and weights["v1"] == weights["v1-bare"] == "models/adapters/v1"
    known = Trained(weights)
    pairs = {("v1", "base"): 1, ("ሁለት", "v1"): 2, ("v1", "v1-bare"): 0, ("base", "other"): 0}
    assert {pair: known.noisy(*pair) for pair in pairs} == pairs
    assert Trained().noisy("v1", "base") == 1 and Trained().noisy("v2", "v1") == 2


def test_a_training_with_the_seed_of_another_one_says_nothing_of_chance():
    params = {"train": {"seed": 1}, "models": {"v1": "models/adapters/v1", "a": "models/noise/a", "b": "models/noise/b"},
              "noise": {"a": {"version": "v1", "seed": 1}, "b": {"version": "v1", "seed": 2}}}  # fmt: skip
    assert comparing.trainings(params) == [["v1", "b"]] and comparing.repeated(params) == ["a"]
    params["train"]["seed"] = 0
    assert comparing.trainings(params) == [["v1", "a", "b"]] and comparing.repeated(params) == []


CONTINUED = {
    "far": {"version": "v1", "start": "models/learned/s", "epochs": 0.25, "seed": 0},
    "far-1": {"version": "v1", "start": "models/learned/s", "epochs": 0.25, "seed": 1},
    "farther": {"version": "v1", "start": "models/learned/s", "epochs": 0.5, "seed": 1},
    "other": {"version": "v2", "start": "models/learned/s", "epochs": 0.25, "seed": 1},
}


def continued(*names: str, noise: dict | None = None) -> dict:
    models = {"base": "models/base", "v1": "models/adapters/v1"} | {name: f"models/continued/{name}" for name in names}
    return {"models": models, "continued": CONTINUED, "noise": noise or {}, "train": {"seed": 0}}


def test_continued_trainings_that_differ_in_their_seed_alone_are_trainings_of_the_first():
    params = continued(*CONTINUED)
    assert comparing.again(params) == {"far-1": "far"} and comparing.trainings(params) == [["far", "far-1"]]
    assert comparing.repeated(params) == []
    assert comparing.again(continued("far-1", "other")) == {}  # the first that is asked is a model of its own


def test_one_model_asked_twice_is_no_training_and_one_seed_says_nothing_of_chance():
    params = continued("far", "far-1")
    params["models"]["ሩቅ"] = "models/continued/far"  # as without context
    assert comparing.again(params) == {"far-1": "far"} and comparing.trainings(params) == [["far", "far-1"]]
    params["continued"] = CONTINUED | {"far-1": CONTINUED["far"]}
    assert comparing.trainings(params) == [["far"]] and comparing.repeated(params) == ["far-1"]


def test_trainings_of_versions_and_of_continued_models_stand_beside_each_other():
    params = continued("far", "far-1", noise={"v1-1": {"version": "v1", "seed": 1}})
    params["models"]["v1-1"] = "models/noise/v1-1"
    assert comparing.trainings(params) == [["v1", "v1-1"], ["far", "far-1"]]


def test_two_continued_trainings_with_one_seed_and_names_that_are_not_declared_are_one_line():
    declared = {"versions": {"v1": {}, "v2": {}}, "learned": {"s": {"study": "s"}}, "studied": {"s": {"documents": "d"}},
                "documents": {"d": "d"}, "release": "v1"}  # fmt: skip
    check_references(declared | {"continued": CONTINUED}, PLACE)
    twice = CONTINUED | {"far-1": CONTINUED["far"]}
    with pytest.raises(BadInput, match=r"params.yaml: continued.far-1 trains v1 with the seed of continued.far; choose another"):
        check_references(declared | {"continued": twice}, PLACE)
    for item, section in (({"study": "x", "documents": "d"}, "studied"), ({"study": "s", "documents": "x"}, "documents")):
        with pytest.raises(BadInput, match=rf"params.yaml: quizzed.v1.\w+ names 'x', which {section} does not"):
            check_references(declared | {"quizzed": {"v1": item}}, PLACE)
