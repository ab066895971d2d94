from pathlib import Path

import numpy as np
import pytest

from mbegu.scoring.fewest import fewest, too_few
from mbegu.scoring.headings import TESTED
from mbegu.scoring.significance import compare_pair


@pytest.mark.parametrize("tests", [1, 3, len(TESTED)])
def test_a_verdict_is_possible_from_the_fewest_questions_on_and_not_below(tests):
    """With a difference in one metric that could not be clearer, and none in the others; one question more or less, as the
    swaps are drawn, and the least p varies."""
    higher = {f"m{index}": True for index in range(tests)}

    def verdict(questions: int) -> str:
        same = np.stack([np.arange(questions) % 3, np.ones(questions)], 1).astype(float)
        clear = {"m0": np.ones((questions, 2)) * [100, 1]}
        before = dict.fromkeys(higher, same)
        return compare_pair(before, {**before, **clear}, higher)["m0"]["verdict"]

    assert verdict(fewest(tests) - 2) == "not distinguishable"
    assert verdict(fewest(tests) + 1) == "better"


def rows(count: int, *groups: str) -> list[dict]:
    return [{"input": "", "group": groups[number % len(groups)] if groups else ""} for number in range(count)]


def test_the_sentence_names_the_file_and_how_many_it_takes():
    assert fewest(1) == 6 and fewest(len(TESTED)) == 10
    assert too_few(rows(10), Path("h.jsonl")) is None
    assert too_few(rows(5), Path("data/heldout.jsonl")) == (
        "data/heldout.jsonl: 5 rows are too few for any verdict: p of the permutation test is at least 2/2^5 = 0.062, and "
        "15 metrics (Holm) ask for 0.0033. Write at least 10, and many more to tell small differences."
    )
    assert "1 row is too few" in too_few(rows(1), Path("h.jsonl"))


def test_questions_of_one_group_count_once():
    said = too_few(rows(80, "a", "b", "ሐ", "d"), Path("h.jsonl"))
    assert said.startswith("h.jsonl: 80 rows in 4 groups (rows of one group are not independent) are too few for any verdict: ")
    assert "2/2^4" in said and "groups, and many more" in said
    assert too_few(rows(80, *map(str, range(12))), Path("h.jsonl")) is None
    assert "80 rows in 1 group (" in too_few(rows(80, "a"), Path("h.jsonl"))
