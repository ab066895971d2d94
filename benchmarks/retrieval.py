"""Retrieval: Mbegu's index of passages against `rank_bm25`, on the same texts and with the same words, in one run.

    python benchmarks/retrieval.py
    python benchmarks/retrieval.py --documents 2000 --queries 50

Documents a second from text to an index that answers (ours is written and read back), queries a second to the first five, and
recall at five on the closed-book questions of examples/company_docs over the chunks of its documents, as the pipeline cuts them.
The texts that are timed are drawn from the words and lengths of those chunks. Seconds are those of one processor core, which
other work on the machine changes little.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rank_bm25 import BM25Okapi

from mbegu.retrieval.index import CHUNK, Document, tokens, write_index
from mbegu.retrieval.search import Searchable, open_index, search
from mbegu.retrieval.settings import Index
from mbegu.rows.exams import read_exam
from mbegu.sources.documents import cutting, documents, holding, passages, readers

EXAMPLE = Path(__file__).parents[1] / "examples/company_docs"
BM25 = Index("bm25", "", 1.5, 0.75)
K = 5


def example() -> tuple[list[dict[str, Any]], list[Document]]:
    """The example's documents, and their chunks as an index holds them."""
    params = yaml.safe_load((EXAMPLE / "params.yaml").read_text(encoding="utf-8"))
    names, _ = documents.find(EXAMPLE / "documents", params["ingest"]["include"], params["ingest"]["exclude"])
    read = readers.read_all(EXAMPLE / "documents", names).kept
    held = holding.held_out(read, params["chunk"]["heldout"])
    cut = cutting.cutter(*(params["chunk"][key] for key in ("unit", "size", "step")))
    chunks = [chunk for one in read for chunk in holding.chunk_apart(one, held, cut)]
    return read, list(passages.as_documents(read, chunks, []))


def drawn(chunks: list[Document], count: int, longest: int | None = None) -> list[str]:
    """Texts by the frequencies of the chunks' words, as long as one of them is, or of up to `longest` words."""
    frequencies = Counter(word for one in chunks for word in tokens(one.text))
    lengths = [len(tokens(one.text)) for one in chunks]
    draw = random.Random(count)
    names, weights = list(frequencies), list(frequencies.values())
    return [" ".join(draw.choices(names, weights, k=min(draw.choice(lengths), longest or 10**9))) for _ in range(count)]


def ours(found: list[Document], folder: Path) -> Searchable:
    write_index(folder, found, BM25)
    return open_index(folder)


def theirs(found: list[Document]) -> BM25Okapi:
    return BM25Okapi([tokens(one.text) for one in found], k1=BM25.k1, b=BM25.b)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    done = work()
    return time.process_time() - start, done


def speed(chunks: list[Document], count: int, queries: int, folder: Path) -> None:
    found = [Document(str(n), CHUNK, "", text, {}) for n, text in enumerate(drawn(chunks, count))]
    asked = drawn(chunks, queries, 10)
    ours(found[:2], folder)  # what is loaded once
    our_seconds, index = timed(lambda: ours(found, folder))
    their_seconds, peer = timed(lambda: theirs(found))
    print(f"{count:,} documents indexed: Mbegu {count / our_seconds:,.0f}/s, rank_bm25 {count / their_seconds:,.0f}/s")
    our_seconds, _ = timed(lambda: [search(index, text, K, CHUNK) for text in asked])
    their_seconds, _ = timed(lambda: [peer.get_top_n(tokens(text), found, K) for text in asked])
    print(
        f"{queries:,} queries: Mbegu {queries / our_seconds:,.0f}/s, rank_bm25 {queries / their_seconds:,.0f}/s; "
        f"{their_seconds / our_seconds:.1f} times as fast"
    )


def recall(read: list[dict[str, Any]], chunks: list[Document], folder: Path) -> None:
    questions = [row for row in read_exam(EXAMPLE / "data/exams/jabali").closed if row["source"]]
    wanted = [passages.answering(row["source"], read, chunks) for row in questions]
    index, peer = ours(chunks, folder), theirs(chunks)
    our_hits = [{hit.document.id for hit in search(index, row["instruction"], K, CHUNK)} for row in questions]
    ranked = [np.argsort(-peer.get_scores(tokens(row["instruction"])), kind="stable")[:K] for row in questions]
    their_hits = [{chunks[place].id for place in places} for places in ranked]
    for name, hits in (("Mbegu", our_hits), ("rank_bm25", their_hits)):
        share = sum(bool(one & right) for one, right in zip(hits, wanted, strict=True)) / len(questions)
        print(f"recall at {K} on {len(questions)} closed-book questions over {len(chunks)} chunks: {name} {share:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000, help="How many are indexed; 20,000 by default.")
    parser.add_argument("--queries", type=int, default=200, help="How many are put; 200 by default.")
    options = parser.parse_args()
    read, chunks = example()
    with tempfile.TemporaryDirectory() as folder:
        speed(chunks, options.documents, options.queries, Path(folder) / "drawn")
        recall(read, chunks, Path(folder) / "example")


if __name__ == "__main__":
    main()
