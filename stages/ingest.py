"""Reads the documents of a folder: Markdown, plain text, HTML, PDF and DOCX.

In: a folder. Out: one record a document, with its text, hash and page or heading anchors; unreadable files in the ledger.

    python stages/ingest.py --folder documents --out data/documents.jsonl --ledger data/documents.ledger.jsonl --include '*'
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Where the documents are; searched recursively.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Documents.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Files that could not be read, and why.")
@click.option("--include", multiple=True, required=True, help="Glob of files to read, such as '*.md' or 'hr/*'; repeat.")
@click.option("--exclude", multiple=True, help="Glob of files to leave alone; repeat.")
def main(folder: Path, out: Path, ledger: Path, include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
    """Read the documents of a folder."""
    from tqdm import tqdm

    from mbegu import documents
    from mbegu.errors import BadInput
    from mbegu.rows import write_lines

    read, unreadable = [], []
    paths = documents.find(folder, include, exclude)
    for path in tqdm(paths, desc="Read", unit="file", dynamic_ncols=True):
        name = path.relative_to(folder).as_posix()
        try:
            read.append(documents.read_document(path, name))
        except documents.Unreadable as error:
            unreadable.append({"path": name, "stage": "ingest", "action": "dropped", "reason": str(error)})
    if not read:
        raise BadInput(f"{folder}: none of {len(paths)} files could be read; the first: {unreadable[0]['reason']}.")
    write_lines(out, read)
    write_lines(ledger, unreadable)
    words = sum(len(document["text"].split()) for document in read)
    click.echo(f"Read {len(read)} of {len(paths)} files, {words:,} words, {len(unreadable)} in the ledger: {out}")


if __name__ == "__main__":
    main()
