"""The sections `index` and `brief` of params.yaml: how facts and messages are found, and how much of them a row holds."""

from pathlib import Path
from typing import Annotated, NamedTuple

from click import Choice, FloatRange, IntRange


class Index(NamedTuple):
    """The section `index`: by what a document is found."""

    method: Annotated[str, Choice(["bm25", "dense"]), "By words (BM25), or by the vectors of a model (dense)."]
    dense: Annotated[str, "Folder of a sentence encoder; read with method dense only."]
    k1: Annotated[float, FloatRange(0), "BM25: how much a repeated word adds."]
    b: Annotated[float, FloatRange(0, 1), "BM25: how much the length of a document counts."]


class Brief(NamedTuple):
    """The section `brief`: what a row asks, and what stands in its context."""

    templates: Annotated[Path, "Folder of request.jinja, brief.jinja, fact.jinja and ad.jinja."]
    facts: Annotated[int, IntRange(0), "Facts in a context, at most."]
    history: Annotated[int, IntRange(0), "Messages of the channel in a context, at most."]
    longest: Annotated[int, IntRange(20), "Characters of a text in a context; the rest is cut off."]
    ads: Annotated[bool, "Let the channels' own ads be rows too."]
    most_ads: Annotated[int, IntRange(0), "Ads that become rows, drawn by a hash of their id; 0 for all."]


class Bounds(NamedTuple):
    """What is too near to a held-out text, or to the text that is asked for; as curate has it."""

    heldout_similarity: Annotated[float, FloatRange(0, 1), "As curate.heldout_similarity."]
    heldout_overlap: Annotated[float, FloatRange(0, 1), "As curate.heldout_overlap."]


class Written(NamedTuple):
    """What the brief stage writes."""

    out: Annotated[Path, "Rows to train on."]
    ledger: Annotated[Path, "Briefs and ads that are not used, and why."]
    heldout: Annotated[Path, "Held-out rows."]
    metrics: Annotated[Path, "How often a brief finds its own product, as json."]


class Retrieving(NamedTuple):
    """Whether a person's question is asked with what it finds in the project's documents."""

    retrieve: Annotated[bool, "Put passages of the documents that params.yaml names under retrieved into the question."] = False
    documents: Annotated[str, "Which of them, if it names several."] = ""
