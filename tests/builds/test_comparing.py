"""Which comparisons a project shows, and which of its models are asked without context."""

from pathlib import Path

import pytest

from mbegu.builds import comparing
from mbegu.errors import BadInput

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
