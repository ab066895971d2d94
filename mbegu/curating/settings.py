"""The sections of params.yaml that say which rows make a version."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import Choice, FloatRange, IntRange

CLEAN, CURATE = "clean", "curate"  # stages to whose ledgers several modules write


class Clean(NamedTuple):
    """Bounds on the rows of a set."""

    min_words: Annotated[int, IntRange(0), "Shortest answer, in words."]
    max_words: Annotated[int, IntRange(1), "Longest answer, in words."]
    max_repetition: Annotated[float, FloatRange(0, 1), "Largest share of repeated 4-grams."]
    refusals: Annotated[list[str], "How a refusal begins, beside the usual ways in English, Swahili and Amharic; repeat."]
    near_duplicate: Annotated[
        float,
        FloatRange(0.1, 1),
        "Jaccard index of word 3-grams of question and answer above which the later of two rows goes; 1 keeps all.",
    ]
    permutations: Annotated[int, IntRange(16, 1024), "MinHash permutations: the more, the fewer misses."]


class Split(NamedTuple):
    """How many rows of a set are held out."""

    fraction: Annotated[float, FloatRange(0, 1, max_open=True), "Share of the rows held out, on average."]
    group: Annotated[
        str,
        "What keeps rows on one side: input, instruction, a column, or a regular expression whose match in the question does; "
        "empty to find those that are made of one text.",
    ] = ""
    heldout_similarity: Annotated[float, FloatRange(0, 1), "As curate's: ROUGE-L F1 above which rows stay on one side."] = 0.7
    heldout_overlap: Annotated[float, FloatRange(0, 1), "As curate's: share of a held-out text in 8-grams of a row."] = 0.5


class Candidates(NamedTuple):
    """What may join a version, and what people decided on it."""

    expanded: Annotated[Path, "Rows of the expand stage."]
    dropped: Annotated[Path, "Ledger of the expand stage."]
    reviews: Annotated[Path, "Human decisions; may not exist yet."]
    unreviewed: Annotated[
        str,
        Choice(["keep", "by_teacher", "drop", "wait"]),
        "Drafts without a decision; by_teacher keeps those of a teacher that is not too small, wait stops here.",
    ]


class Curate(NamedTuple):
    """Bounds on machine-written answers that no one has reviewed, and on what leaks."""

    min_words: Annotated[int, IntRange(0), "Shortest unreviewed draft, in words."]
    max_words: Annotated[int, IntRange(1), "Longest unreviewed draft, in words."]
    max_repetition: Annotated[float, FloatRange(0, 1), "Largest share of repeated 4-grams."]
    refusals: Annotated[list[str], "How a refusal begins, beside the usual ways in English, Swahili and Amharic; repeat."]
    heldout_similarity: Annotated[float, FloatRange(0, 1), "ROUGE-L F1 above this leaks."]
    heldout_overlap: Annotated[float, FloatRange(0, 1), "Share of a held-out text in 8-grams of a row."]
    leakage: Annotated[str, Choice(["error", "drop"]), "What a leaking row does."]


class Merge(NamedTuple):
    """What is no new row."""

    near_duplicate: Annotated[float, FloatRange(0, 1), "ROUGE-L F1 above this is a duplicate."]
