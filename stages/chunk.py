"""Cuts documents into chunks that end where sentences end.

In: documents. Out: chunks, each with its document, anchor and position.

    python stages/chunk.py --documents data/documents.jsonl --out data/chunks.jsonl --unit characters --size 512 --step 512 …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--documents", type=click.Path(path_type=Path), required=True, help="File of the ingest stage.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Base model, whose tokens are counted.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Chunks.")
@click.option("--unit", type=click.Choice(["characters", "tokens"]), required=True, help="What size and step count.")
@click.option("--size", type=click.IntRange(1), required=True, help="Longest chunk.")
@click.option(
    "--step", type=click.IntRange(1), required=True, help="From one chunk's start to the next; below size, they overlap."
)
@click.option("--min_size", type=click.IntRange(0), required=True, help="Characters below which a chunk says too little.")
def main(documents: Path, base: Path, out: Path, unit: str, size: int, step: int, min_size: int) -> None:
    """Cut documents into chunks."""
    from mbegu import chunks
    from mbegu.documents import KEYS
    from mbegu.rows import read_lines, write_lines

    tokenizer = None
    if unit == "tokens":
        from mbegu.models import load_tokenizer

        tokenizer = load_tokenizer(base)
    split = chunks.splitter(unit, size, step, tokenizer)
    read = [document for _, document in read_lines(documents, KEYS)]
    found = [chunk for document in read for chunk in chunks.chunk(document, split)]
    kept = [chunk for chunk in found if len(chunk["text"]) >= min_size]
    write_lines(out, kept)
    click.echo(f"{len(kept)} chunks of {len(read)} documents, {len(found) - len(kept)} too short: {out}")


if __name__ == "__main__":
    main()
