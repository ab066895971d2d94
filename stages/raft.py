"""Puts what retrieval finds into rows of a version: the passage that answers among others, or others alone and "I don't know".

In: rows about documents, the index of their chunks. Out: rows to train on, and the ledger of those that can't be made.

    python stages/raft.py --rows data/curated/v1.jsonl --index data/retrieved/hr --out data/expanded/raft.jsonl …
"""

from pathlib import Path

import click
from click import FloatRange

from mbegu.command import Stage
from mbegu.sections import path, section
from mbegu.sources.documents.settings import Retrieval
from mbegu.text.settings import Locale


@click.command(cls=Stage)
@path("--rows", "Rows of the curate stage, each with its passage.")
@path("--index", "Folder of the index_chunks stage.")
@path("--out", "Rows with what retrieval finds.")
@path("--ledger", "Rows that none could be made of, and why.")
@click.option("--validation", type=FloatRange(0, 1, max_open=True), required=True, help="As train.validation.")
@section(Locale, "locale")
@section(Retrieval, "retrieval")
def main(
    rows: Path, index: Path, out: Path, ledger: Path, validation: float, locale: Locale, retrieval: Retrieval
) -> None:  # fmt: skip
    """Put passages into rows."""
    from mbegu.errors import BadInput
    from mbegu.quiet import quiet
    from mbegu.retrieval.search import open_index
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows
    from mbegu.sources.documents import raft

    quiet()
    read = read_rows(rows, answered=True)
    made = raft.raft(read, open_index(index), retrieval, locale, validation)
    if not made.kept:
        why = made.ledger[0]["reason"] if made.ledger else "it is empty"
        raise BadInput(f"{rows}: no row could be made of it ({why}); name a version whose rows are questions about documents.")
    check_balance(len(read), len(made.kept), made.ledger, raft.STAGE)
    write_lines(out, made.kept)
    write_lines(ledger, made.ledger)
    without = sum(row["output"] == locale.unknown for row in made.kept)
    passages = max(len(row["origin"]["context"]) for row in made.kept)
    if passages != retrieval.k:
        click.echo(
            f"Warning: rows have {passages} passages, and retrieval.k is {retrieval.k}; answers come from as many.", err=True
        )
    click.echo(
        f"{len(made.kept)} rows of {len(read)} with {passages} passages, {without} of them without the right one, "
        f"{len(made.ledger)} in the ledger: {out}"
    )


if __name__ == "__main__":
    main()
