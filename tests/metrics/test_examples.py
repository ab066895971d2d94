"""Every metric is an `evaluate.Metric` whose worked example runs, and which cites its source."""

import doctest
import importlib
import inspect
from pathlib import Path

import evaluate
import pytest

import mbegu.metrics

MODULES = sorted(path.stem for path in Path(mbegu.metrics.__path__[0]).glob("*.py") if path.stem not in ("__init__", "entities"))


@pytest.mark.parametrize("name", MODULES)
def test_the_worked_example_runs(name):
    module = importlib.import_module(f"mbegu.metrics.{name}")
    found = doctest.testmod(module)
    assert found.attempted > 0 and found.failed == 0
    metrics = [
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, evaluate.Metric) and value.__module__ == module.__name__
    ]
    assert len(metrics) == 1
    info = metrics[0](keep_in_memory=True).info
    assert info.description and info.citation and info.inputs_description == module.__doc__
