"""Cuts documents into chunks that end where sentences end, and holds some documents or sections out.

In: documents, the held-out questions, closed-book ones. Out: chunks to train on, those that are held out, and the ledger of the
others.

    python stages/chunk.py --documents data/documents/hr.jsonl --heldout_rows data/heldout.jsonl --heldout 'rules/*' …
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import click
from click import Choice, IntRange

from mbegu.command import Stage
from mbegu.sections import FILE, path, section


class Chunk(NamedTuple):
    """How documents are cut, and which are held out."""

    heldout: Annotated[list[str], "Glob of documents that are held out, or GLOB#HEADING for a section; repeat."]
    unit: Annotated[str, Choice(["characters", "tokens"]), "What size and step count."]
    size: Annotated[int, IntRange(1), "Longest chunk."]
    step: Annotated[int, IntRange(1), "From one chunk's start to the next; below size, they overlap."]
    min_size: Annotated[int, IntRange(0), "Characters below which a chunk says too little."]


@click.command(cls=Stage)
@path("--documents", "File of the ingest stage.")
@path("--heldout_rows", "Rows that are never trained on.")
@click.option("--exam", type=FILE, help="Folder of closed-book questions about these documents; need not exist.")
@path("--base", "Base model, whose tokens are counted.")
@path("--out", "Chunks to train on.")
@path("--heldout_out", "Chunks that are held out.")
@path("--ledger", "Chunks left out, and why.")
@click.option("--executor", type=FILE, help="params.yaml whose section executor says where this runs; here without.")
@section(Chunk, "chunk")
def main(
    documents: Path, heldout_rows: Path, exam: Path | None, base: Path, out: Path, heldout_out: Path, ledger: Path,
    executor: Path | None, chunk: Chunk,
) -> None:  # fmt: skip
    """Cut documents into chunks."""
    from mbegu.errors import BadInput
    from mbegu.executors import mapping
    from mbegu.rows.exams import read_exam
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import read_lines, write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.shelf import shelved
    from mbegu.sources.documents import chunks, cutting, holding, sourced
    from mbegu.sources.documents.documents import KEYS

    tokenizer = None
    if chunk.unit == "tokens":
        from mbegu.models.loading import load_tokenizer

        tokenizer = load_tokenizer(base)
    cut = cutting.cutter(chunk.unit, chunk.size, chunk.step, tokenizer)
    read = shelved(document for _, document in read_lines(documents, KEYS))
    held = holding.held_out(read, chunk.heldout)
    is_held = holding.holds(held)
    holding.check_split(read_heldout(heldout_rows), read, held)
    if exam:
        sourced.check_sources(read_exam(exam).closed, read, held)
    with mapping(executor) as mapped:
        found = shelved(holding.chunk_all(read, held, cut, mapped))
    kept, dropped = chunks.sort_out(found, is_held, chunk.min_size)
    trained, apart = chunks.split(kept, is_held)
    if not trained:
        raise BadInput(
            f"{documents}: no chunk is left to train on; lower chunk.min_size or hold fewer documents out, or only sections of "
            f"them, such as {holding.example(read)!r}."
        )
    if warning := holding.too_few(read, held):
        click.echo(f"Warning: {documents}: {warning}", err=True)
    check_balance(len(found), len(trained) + len(apart), dropped, chunks.STAGE)
    write_lines(out, trained)
    write_lines(heldout_out, apart)
    write_lines(ledger, dropped)
    whole, sections = holding.extent(read, held)
    click.echo(
        f"{len(trained)} chunks of {len(read) - whole} documents, {len(apart)} of {whole} "
        f"{f'documents and {sections} sections ' if sections else ''}held out, {len(dropped)} in the ledger: {out}"
    )


if __name__ == "__main__":
    main()
