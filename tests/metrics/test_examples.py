"""Every metric is an `evaluate.Metric` whose worked example runs, and which cites its source."""

import doctest
import importlib
import inspect
import subprocess
import sys

import evaluate
import pytest

from mbegu.metrics import modules

METRICS = {name: metric for name, metric in inspect.getmembers(modules, inspect.isclass) if issubclass(metric, evaluate.Metric)}
HOMES = ["abstention", "chrf", "diversity", "facts", "following", "likelihood", "overlap", "rouge"]


@pytest.mark.parametrize("name", [*HOMES, "entities"])
def test_the_worked_example_runs(name):
    found = doctest.testmod(importlib.import_module(f"mbegu.metrics.{name}"))
    assert found.attempted > 0 and found.failed == 0


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_says_what_it_is_where_it_is_from_and_how_it_is_used(name):
    info = METRICS[name](keep_in_memory=True).info
    assert info.description and info.citation and f"import {name}" in info.inputs_description
    assert METRICS[name].__doc__


def test_each_metric_has_a_home():
    assert len(METRICS) == len(HOMES)


def test_the_pipeline_scores_without_importing_evaluate():
    code = "import sys, mbegu.scoring.measures, mbegu.scoring.scores, mbegu.scoring.comparison; print('evaluate' in sys.modules, 'datasets' in sys.modules)"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
