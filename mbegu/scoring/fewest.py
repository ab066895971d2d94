"""How many held-out questions a verdict needs at the least."""

import math
from collections.abc import Sequence
from pathlib import Path

from mbegu.rows.row import Row
from mbegu.scoring.clusters import clusters
from mbegu.scoring.headings import TESTED

LEVEL = 0.95  # of all intervals of a comparison together


def fewest(tests: int) -> int:
    """The fewest questions with which a permutation test that is one of `tests` can reject anything after Holm's correction.

    `n` questions have 2^n swaps, so that a two-sided p is 2 / 2^n at the least; Holm's first step asks for
    (1 - LEVEL) / tests.
    """
    return fewest_at((1 - LEVEL) / tests)


def fewest_at(error: float) -> int:
    """The fewest questions with which a permutation test can reject anything at a two-sided error level."""
    return math.ceil(math.log2(2 / error))


def too_few(questions: Sequence[Row], heldout: Path) -> str | None:
    """A sentence if no difference between two models can be told with so many questions of that file, or groups of them, else
    None."""
    groups = clusters(questions)
    named = {group for group in groups if group}
    count, least, tests = len(named) + groups.count(""), fewest(len(TESTED)), len(TESTED)
    if count >= least:
        return None
    rows = "1 row is" if len(groups) == 1 else f"{len(groups)} rows are"
    if named:
        rows = f"{len(groups)} rows in {count} group{'' if count == 1 else 's'} (rows of one group are not independent) are"
    return (
        f"{heldout}: {rows} too few for any verdict: p of the permutation test is at least 2/2^{count} = "
        f"{2 / 2**count:.2g}, and {tests} metrics (Holm) ask for {(1 - LEVEL) / tests:.2g}. Write at least {least}"
        f"{' groups' if named else ''}, and many more to tell small differences."
    )
