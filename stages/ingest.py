"""Reads the documents of a folder: Markdown, plain text, HTML, PDF, Word, Excel, PowerPoint, ODT, EPUB, RTF, CSV and EML.

In: a folder. Out: one record a document, with its text, hash, headings and pages; in the ledger, files that were not read and
what was left out of others.

    python stages/ingest.py --folder documents --out data/documents/hr.jsonl --ledger hr.unread.jsonl --include '*' --ocr ''
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import click

from mbegu.command import Stage
from mbegu.sections import FILE, NONEMPTY, path, section


class Ingest(NamedTuple):
    """Which files of a folder are read."""

    include: Annotated[list[str], NONEMPTY, "Glob of files to read, such as '*.md' or 'hr/*'; repeat."]
    exclude: Annotated[list[str], "Glob of files to leave alone; repeat."]
    ocr: Annotated[str, "Languages in which Tesseract reads scanned pages, such as eng+amh; '' leaves them to the ledger."]


@click.command(cls=Stage)
@path("--folder", "Where the documents are; searched recursively.")
@path("--out", "Documents.")
@path("--ledger", "Files that were not read and what was left out of others, and why.")
@click.option("--executor", type=FILE, help="params.yaml whose section executor says where this runs; here without.")
@section(Ingest, "ingest")
def main(folder: Path, out: Path, ledger: Path, executor: Path | None, ingest: Ingest) -> None:
    """Read the documents of a folder."""
    import logging

    from tqdm import tqdm

    from mbegu.errors import BadInput
    from mbegu.executors import mapping
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import Entry
    from mbegu.rows.shelf import Shelf, shelved
    from mbegu.sources.documents import documents, ocr, readers

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it can't read, the ledger says
    names, others = documents.find(folder, ingest.include, ingest.exclude)
    progress = tqdm(names, desc="Read", unit="file", disable=None, dynamic_ncols=True)
    unread: Shelf[Entry] = shelved(())
    with mapping(executor) as mapped:
        read = shelved(readers.streamed(folder, progress, unread, ocr.find(ingest.ocr), mapped))
    if not read:
        raise BadInput(f"{folder}: none of {len(names)} files could be read; the first: {unread[0]['reason']}.")
    write_lines(out, read)
    write_lines(ledger, unread)
    words = sum(len(document["text"].split()) for document in read)
    click.echo(
        f"Read {len(read)} of {len(names)} files, {words:,} words, {len(unread)} in the ledger, "
        f"{others} left alone by the globs: {out}"
    )


if __name__ == "__main__":
    main()
