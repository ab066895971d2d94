"""Documents in a folder that can be searched: by their words (BM25), or by the vectors of a sentence encoder.

BM25 is Robertson's with Lucene's idf (Kamphuis et al. 2020), as `bm25s` computes it (Lù 2024, arXiv 2407.03618). The
vocabulary is sorted here, as `bm25s` would number words in the order of a set, which differs between runs.
"""

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mbegu.errors import BadInput
from mbegu.outputs import whole
from mbegu.retrieval import dense
from mbegu.retrieval.settings import Index
from mbegu.rows.jsonl import read_lines, write_lines
from mbegu.rows.tables import write_json
from mbegu.text import arabic
from mbegu.text.ethiopic import HOMOPHONES
from mbegu.text.words import words

FACT, MESSAGE, CHUNK = "fact", "message", "chunk"
DOCUMENTS, SETTINGS, WORDS, VECTORS = "documents.jsonl", "index.json", "bm25", "vectors.npy"


class Document(NamedTuple):
    """What can be found."""

    id: str
    kind: str  # FACT, MESSAGE or CHUNK; ids are unique within a kind
    channel: str  # whose it is; of a chunk, which side it is on
    text: str  # by which it is found
    fields: dict[str, Any]  # what else is known of it


def tokens(text: str) -> list[str]:
    """Words of any script; those that Amharic spells with letters that sound alike are one, and so are those that Arabic spells
    with or without vowels and hamza, or with an article or a preposition before them."""
    return [arabic.stem(word) for word in words(text.translate(HOMOPHONES))]


def write_index(folder: Path, documents: Iterable[Document], settings: Index) -> int:
    """Writes an index, the same bytes for the same documents in any order, and returns how many documents it has.

    Raises:
        BadInput: two documents of a kind have one id, or the folder of a dense model holds none.
    """
    found = sorted(documents, key=lambda one: (one.kind, one.id))
    for first, second in pairwise(found):
        if first[:2] == second[:2]:
            raise BadInput(f"two documents are {first.kind} {first.id!r}; an id names one. Remove one of them.")
    with whole(folder) as temporary:
        temporary.mkdir()
        write_lines(temporary / DOCUMENTS, (one._asdict() for one in found))
        used: dict[str, Any] = {"method": settings.method, "k1": settings.k1, "b": settings.b}
        if settings.method == "dense":
            used = {"method": "dense", "dense": settings.dense, "identity": dense.identity(Path(settings.dense))}
            np.save(temporary / VECTORS, dense.encoder(Path(settings.dense))([one.text for one in found]))
        else:
            _write_words(temporary / WORDS, [tokens(one.text) for one in found], settings)
        write_json(temporary / SETTINGS, used)
    return len(found)


def _write_words(folder: Path, texts: list[list[str]], settings: Index) -> None:
    """Nothing, if there is no word."""
    import bm25s

    vocabulary = {word: number for number, word in enumerate(sorted({word for text in texts for word in text}))}
    if vocabulary:
        scores = bm25s.BM25(k1=settings.k1, b=settings.b, method="lucene")
        scores.index(([[vocabulary[word] for word in text] for text in texts], vocabulary), show_progress=False)
        scores.save(folder, show_progress=False)


def read_documents(folder: Path) -> list[Document]:
    """The documents of an index, sorted by kind and id.

    Raises:
        BadInput: no index there.
    """
    if not (folder / DOCUMENTS).is_file():
        raise BadInput(f"{folder}: no index here; build it with `dvc repro`.")
    return [Document(**value) for _, value in read_lines(folder / DOCUMENTS, Document._fields)]


def read_settings(folder: Path) -> dict[str, Any]:
    """How an index was built."""
    return dict(json.loads((folder / SETTINGS).read_text(encoding="utf-8")))
