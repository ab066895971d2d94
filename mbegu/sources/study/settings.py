"""The section `study` of params.yaml: in which ways a document is told again."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import Choice, FloatRange, IntRange

from mbegu.sections import NONEMPTY

BY_RULES = ("document", "sections", "permuted", "cloze")  # views that ask no teacher; the last is made of a teacher's facts
ASKED = ("summary", "facts", "questions", "links", "rewrites")
VIEWS = (*BY_RULES, *ASKED)
OF_FACTS = frozenset(("facts", "questions", "links", "cloze"))


class Sources(NamedTuple):
    """What is studied."""

    chunks: Annotated[Path, "Chunks of the chunk stage that are trained on."]
    documents: Annotated[Path, "File of the ingest stage: the text between chunks."]


class Study(NamedTuple):
    """The section `study`: what a model is to read of a document, and how much of it."""

    views: Annotated[list[str], Choice(VIEWS), NONEMPTY, "A way to tell a document; repeat."]
    facts: Annotated[int, IntRange(1), "Facts a chunk, at most."]
    most_chunks: Annotated[int, IntRange(0), "Chunks whose facts are asked for, by a hash of each; 0 for all."]
    links: Annotated[int, IntRange(0), "Pairs of entities that are asked about, at most; 0 for none."]
    rewritten: Annotated[int, IntRange(0), "Chunks a document that are rewritten, at most; 0 for all."]
    part: Annotated[int, IntRange(200), "Characters of a document that one summary is asked for, at most."]
    longest: Annotated[int, IntRange(8), "Characters of a fact, a question or a link."]
    precision: Annotated[float, FloatRange(0, 1), "Least share of a text's words that its source holds."]


def needs_facts(study: Study) -> bool:
    """Whether a view is made of facts."""
    return bool(OF_FACTS & set(study.views))
