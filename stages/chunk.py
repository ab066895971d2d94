"""Cuts documents into chunks that end where sentences end, and holds some documents out.

In: documents, the held-out questions. Out: chunks to train on, those of held-out documents, and the ledger of the others.

    python stages/chunk.py --documents data/documents/hr.jsonl --heldout_rows data/heldout.jsonl --heldout 'rules/*' …
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import click
from click import Choice, IntRange

from mbegu.command import Stage
from mbegu.sections import path, section


class Chunk(NamedTuple):
    """How documents are cut, and which are held out."""

    heldout: Annotated[list[str], "Glob of documents that are held out; repeat."]
    unit: Annotated[str, Choice(["characters", "tokens"]), "What size and step count."]
    size: Annotated[int, IntRange(1), "Longest chunk."]
    step: Annotated[int, IntRange(1), "From one chunk's start to the next; below size, they overlap."]
    min_size: Annotated[int, IntRange(0), "Characters below which a chunk says too little."]


@click.command(cls=Stage)
@path("--documents", "File of the ingest stage.")
@path("--heldout_rows", "Rows that are never trained on.")
@path("--base", "Base model, whose tokens are counted.")
@path("--out", "Chunks to train on.")
@path("--heldout_out", "Chunks of held-out documents.")
@path("--ledger", "Chunks left out, and why.")
@section(Chunk, "chunk")
def main(documents: Path, heldout_rows: Path, base: Path, out: Path, heldout_out: Path, ledger: Path, chunk: Chunk) -> None:
    """Cut documents into chunks."""
    from mbegu.errors import BadInput
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import read_lines, write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.sources.documents import chunks, cutting
    from mbegu.sources.documents.documents import KEYS

    tokenizer = None
    if chunk.unit == "tokens":
        from mbegu.models.loading import load_tokenizer

        tokenizer = load_tokenizer(base)
    cut = cutting.cutter(chunk.unit, chunk.size, chunk.step, tokenizer)
    read = [document for _, document in read_lines(documents, KEYS)]
    held = chunks.held_out(read, chunk.heldout)
    chunks.check_split(read_heldout(heldout_rows), read, held)
    found = [one for document in read for one in cutting.chunk(document, cut)]
    kept, dropped = chunks.sort_out(found, held, chunk.min_size)
    trained, apart = chunks.split(kept, held)
    if not trained:
        raise BadInput(f"{documents}: no chunk is left to train on; lower chunk.min_size or hold fewer documents out.")
    check_balance(len(found), len(trained) + len(apart), dropped, chunks.STAGE)
    write_lines(out, trained)
    write_lines(heldout_out, apart)
    write_lines(ledger, dropped)
    click.echo(
        f"{len(trained)} chunks of {len(read) - len(held)} documents, {len(apart)} of {len(held)} held out, "
        f"{len(dropped)} in the ledger: {out}"
    )


if __name__ == "__main__":
    main()
