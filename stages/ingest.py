"""Reads the documents of a folder: Markdown, plain text, HTML, PDF and DOCX.

In: a folder. Out: one record a document, with its text, hash, headings and pages; files that were not read in the ledger.

    python stages/ingest.py --folder documents --out data/documents/hr.jsonl --ledger data/documents/hr.unread.jsonl --include '*'
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Where the documents are; searched recursively.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Documents.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Files that were not read, and why.")
@click.option("--include", multiple=True, required=True, help="Glob of files to read, such as '*.md' or 'hr/*'; repeat.")
@click.option("--exclude", multiple=True, help="Glob of files to leave alone; repeat.")
def main(folder: Path, out: Path, ledger: Path, include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
    """Read the documents of a folder."""
    import logging

    from tqdm import tqdm

    from mbegu.errors import BadInput
    from mbegu.rows.jsonl import write_lines
    from mbegu.sources.documents import documents, readers

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it can't read, the ledger says
    known: dict[str, str] = {}  # where each content stands
    read, unread = [], []
    names, others = documents.find(folder, include, exclude)
    for name in tqdm(names, desc="Read", unit="file", disable=None, dynamic_ncols=True):
        path = documents.shown(name)
        try:
            document = readers.read_document(folder, name)
            if document["sha256"] in known:
                raise documents.Unreadable(f"same content as {known[document['sha256']]}")
            known[document["sha256"]] = path
            read.append(document)
        except documents.Unreadable as error:
            unread.append({"path": path, "stage": "ingest", "action": "dropped", "reason": str(error)})
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
