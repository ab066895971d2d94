"""The documents of an index that answer a query best."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mbegu.errors import BadInput
from mbegu.retrieval import dense
from mbegu.retrieval.index import SETTINGS, VECTORS, WORDS, Document, read_documents, read_settings, tokens

Scores = Callable[[str], Any]


class Searchable(NamedTuple):
    """An index in memory."""

    documents: list[Document]
    kinds: Any  # array of each document's kind
    channels: Any  # and channel
    scores: Scores  # from a query to an array of the documents' scores; 0 and less is no match


class Hit(NamedTuple):
    """A document that was found."""

    document: Document
    score: float


def open_index(folder: Path) -> Searchable:
    """Reads an index.

    Raises:
        BadInput: none there, or its dense model is gone or another than it was built with.
    """
    documents = read_documents(folder)
    used = read_settings(folder)
    scores = _by_vectors(folder, used) if used["method"] == "dense" else _by_words(folder / WORDS, len(documents))
    kinds, channels = ([getattr(one, key) for one in documents] for key in ("kind", "channel"))
    return Searchable(documents, np.array(kinds, str), np.array(channels, str), scores)


def _by_words(folder: Path, count: int) -> Scores:
    if not folder.is_dir():
        return lambda query: np.zeros(count, np.float32)
    import bm25s

    index = bm25s.BM25.load(folder, show_progress=False)

    def scores(query: str) -> Any:
        return index.get_scores_from_ids(index.get_tokens_ids(sorted(set(tokens(query)))))

    return scores


def _by_vectors(folder: Path, used: dict[str, Any]) -> Scores:
    model = Path(used["dense"])
    if dense.identity(model) != used["identity"]:
        stage = "index_chunks" if folder.parent.name == "retrieved" else "index"
        raise BadInput(f"{folder / SETTINGS}: built with another model than {model} holds now; run `dvc repro --force {stage}`.")
    encode, vectors = dense.encoder(model), np.load(folder / VECTORS)
    return lambda query: vectors @ encode([query])[0]


def ranked(index: Searchable, query: str, kind: str, channel: str | None = None) -> Iterator[Hit]:
    """Every document of a kind that has anything of the query, the best first, equals in the order of their ids.

    Args:
        channel: whose documents are searched; None for all.
    """
    scores = index.scores(query)
    wanted = (scores > 0) & (index.kinds == kind)
    if channel is not None:
        wanted &= index.channels == channel
    places = np.flatnonzero(wanted)
    for place in places[np.argsort(-scores[places], kind="stable")]:
        yield Hit(index.documents[place], float(scores[place]))


def search(index: Searchable, query: str, k: int, kind: str, channel: str | None = None) -> list[Hit]:
    """The first `k` of `ranked`."""
    return list(islice(ranked(index, query, kind, channel), k))
