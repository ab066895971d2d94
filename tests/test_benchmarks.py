"""The benchmark of sets counts no wrong decision; small here, and as large as one likes by an option."""

import importlib.util
import json
import subprocess
import sys

import pytest
from root import ROOT


@pytest.mark.parametrize("kind", ["passages", "templates", "copies", "unrelated"])
def test_no_row_of_a_generated_set_is_wrongly_dropped_or_kept_and_none_leaks(kind):
    command = [sys.executable, ROOT / "benchmarks/sets.py", "--run", "--set", kind, "--rows", "400"]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert (found["wrongly dropped"], found["wrongly kept"], found["leaked pairs"]) == (0, 0, 0)
    assert found["heldout"] > 10 and found["kept"] == found["rows"] - (found["rows"] // 5 if kind == "copies" else 0)


def test_a_recipe_is_better_only_where_the_interval_over_lineages_says_so():
    spec = importlib.util.spec_from_file_location("recipe", ROOT / "benchmarks/recipe.py")
    recipe = importlib.util.module_from_spec(spec)
    sys.modules["recipe"] = recipe  # for the annotations of its NamedTuples
    spec.loader.exec_module(recipe)
    roots = [root for root in "abcdefgh" for _ in range(3)]
    old = [2.0 + place / 10 for place in range(24)]
    lower = [loss - 0.1 - place / 1000 for place, loss in enumerate(old)]
    apart = [loss + (0.5 if root in "aceg" else -0.5) for loss, root in zip(old, roots, strict=True)]
    tried = {name: recipe.Tried(losses, 100, 1.0) for name, losses in (("first", old), ("lower", lower), ("apart", apart))}
    lines = {name: recipe.line(recipe.Recipe(name), one, tried["first"], roots, 2) for name, one in tried.items()}
    assert lines["first"] == "| first | 3.1500 | – | 100 | 1 |"
    assert lines["lower"].endswith("better | 100 | 1 |") and "-0.1115 [" in lines["lower"]
    assert "≈ | 100 | 1 |" in lines["apart"]
