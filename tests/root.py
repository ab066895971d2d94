"""Where the repository is, and whether its data is still ours: whoever copies it puts their own rows in their place."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FIRST = {  # how the first row of each begins
    "data/seeds/v1.jsonl": '{"instruction": "What is the minimum amount I need to start investing in a money market fund',
    "data/heldout.jsonl": '{"instruction": "Why does my fund\'s unit price stay at one shilling although I earn interest',
}
OURS = all((ROOT / name).is_file() and (ROOT / name).read_text("utf-8").startswith(row) for name, row in FIRST.items())
WHOSE = "data/ holds rows of another project, and this holds sentences of ours; `mbegu check` checks any project's"
ours = pytest.mark.skipif(not OURS, reason=WHOSE)


def only_ours() -> None:
    """Skips a test, or all that share a fixture, if the data is another's."""
    if not OURS:
        pytest.skip(WHOSE)
