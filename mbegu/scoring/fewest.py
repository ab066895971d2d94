"""How many held-out questions a verdict needs at the least."""

import math
from pathlib import Path

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


def too_few(questions: int, heldout: Path) -> str | None:
    """A sentence if no difference between two models can be told with so many questions of that file, else None."""
    least, tests = fewest(len(TESTED)), len(TESTED)
    if questions >= least:
        return None
    rows = "1 row is" if questions == 1 else f"{questions} rows are"
    return (
        f"{heldout}: {rows} too few for any verdict: p of the permutation test is at least 2/2^{questions} = "
        f"{2 / 2**questions:.2g}, and {tests} metrics (Holm) ask for {(1 - LEVEL) / tests:.2g}. Write at least {least}, and many "
        "more to tell small differences."
    )
