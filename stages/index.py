"""Indexes facts of products and the messages of channels, so that a brief finds what an ad may say.

In: messages of the label stage, facts. Out: a folder with the documents and what finds them.

    python stages/index.py --messages data/labelled/market.jsonl --facts data/products.jsonl --out data/index/market …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.retrieval.settings import Index
from mbegu.sections import path, section


@click.command(cls=Stage)
@path("--messages", "Messages of the label stage.")
@path("--facts", "Facts of products, hand-written.")
@path("--out", "Folder of the index.")
@section(Index, "index")
def main(messages: Path, facts: Path, out: Path, index: Index) -> None:
    """Index facts and messages for retrieval."""
    from mbegu.errors import BadInput
    from mbegu.quiet import quiet
    from mbegu.retrieval.index import write_index
    from mbegu.sources.telegram import ads, briefs

    quiet()
    known = [briefs.as_document(fact) for fact in briefs.read_facts(facts)]
    written = [ads.as_document(message) for message in ads.read_messages(messages)]
    if not known and not written:
        raise BadInput(f"{facts}: no fact, and no message in {messages}; there is nothing to find. Write a fact.")
    count = write_index(out, [*known, *written], index)
    click.echo(f"Indexed {count} documents, {len(known)} facts and {len(written)} messages: {out}")


if __name__ == "__main__":
    main()
