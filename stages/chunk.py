"""Cuts documents into chunks that end where sentences end, and holds some documents out.

In: documents, the held-out questions. Out: chunks to train on, those of held-out documents, and the ledger of the others.

    python stages/chunk.py --documents data/documents/hr.jsonl --heldout_rows data/heldout.jsonl --heldout 'finance/*' …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--documents", type=click.Path(path_type=Path), required=True, help="File of the ingest stage.")
@click.option("--heldout_rows", type=click.Path(path_type=Path), required=True, help="Rows that are never trained on.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Base model, whose tokens are counted.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Chunks to train on.")
@click.option("--heldout_out", type=click.Path(path_type=Path), required=True, help="Chunks of held-out documents.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Chunks left out, and why.")
@click.option("--heldout", multiple=True, help="Glob of documents that are held out; repeat.")
@click.option("--unit", type=click.Choice(["characters", "tokens"]), required=True, help="What size and step count.")
@click.option("--size", type=click.IntRange(1), required=True, help="Longest chunk.")
@click.option(
    "--step", type=click.IntRange(1), required=True, help="From one chunk's start to the next; below size, they overlap."
)
@click.option("--min_size", type=click.IntRange(0), required=True, help="Characters below which a chunk says too little.")
def main(
    documents: Path, heldout_rows: Path, base: Path, out: Path, heldout_out: Path, ledger: Path, heldout: tuple[str, ...],
    unit: str, size: int, step: int, min_size: int,
) -> None:  # fmt: skip
    """Cut documents into chunks."""
    from mbegu.errors import BadInput
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import read_lines, write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.sources.documents import chunks
    from mbegu.sources.documents.documents import KEYS

    tokenizer = None
    if unit == "tokens":
        from mbegu.models.loading import load_tokenizer

        tokenizer = load_tokenizer(base)
    cut = chunks.cutter(unit, size, step, tokenizer)
    read = [document for _, document in read_lines(documents, KEYS)]
    held = chunks.held_out(read, heldout)
    chunks.check_split(read_heldout(heldout_rows), read, held)
    found = [chunk for document in read for chunk in chunks.chunk(document, cut)]
    kept, apart, dropped = chunks.sort_out(found, held, min_size)
    if not kept:
        raise BadInput(f"{documents}: no chunk is left to train on; lower chunk.min_size or hold fewer documents out.")
    check_balance(len(found), len(kept) + len(apart), dropped, chunks.STAGE)
    write_lines(out, kept)
    write_lines(heldout_out, apart)
    write_lines(ledger, dropped)
    click.echo(
        f"{len(kept)} chunks of {len(read) - len(held)} documents, {len(apart)} of {len(held)} held out, "
        f"{len(dropped)} in the ledger: {out}"
    )


if __name__ == "__main__":
    main()
