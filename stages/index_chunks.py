"""Indexes the chunks of documents, so that a question finds the passages that answer it.

In: documents, their chunks to train on and held out. Out: a folder with the chunks and what finds them.

    python stages/index_chunks.py --documents data/documents/hr.jsonl --chunks data/chunks/hr.jsonl --out data/retrieved/hr …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.retrieval.settings import Index
from mbegu.sections import path, section


@click.command(cls=Stage)
@path("--documents", "File of the ingest stage.")
@path("--chunks", "Chunks to train on.")
@path("--heldout_chunks", "Chunks that are held out; people's questions find them too.")
@path("--out", "Folder of the index.")
@section(Index, "index")
def main(documents: Path, chunks: Path, heldout_chunks: Path, out: Path, index: Index) -> None:
    """Index chunks for retrieval."""
    from mbegu.errors import BadInput
    from mbegu.quiet import quiet
    from mbegu.retrieval.index import write_index
    from mbegu.rows.jsonl import read_lines
    from mbegu.sources.documents.chunks import KEYS
    from mbegu.sources.documents.documents import KEYS as DOCUMENT
    from mbegu.sources.documents.passages import as_documents

    quiet()
    trained, heldout = ([chunk for _, chunk in read_lines(file, KEYS)] for file in (chunks, heldout_chunks))
    read = [document for _, document in read_lines(documents, DOCUMENT)]
    if not trained and not heldout:
        raise BadInput(f"{chunks}: no chunk, and none in {heldout_chunks}; there is nothing to find. Lower chunk.min_size.")
    count = write_index(out, as_documents(read, trained, heldout), index)
    click.echo(f"Indexed {count} chunks of {len(read)} documents, {len(heldout)} of them held out: {out}")


if __name__ == "__main__":
    main()
