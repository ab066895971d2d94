"""Asks what was studied without a passage, so that a version tuned on questions alone can be compared with one that has read.

In: texts of the study stage, the chunks that are trained on. Out: rows of a version, and the ledger of those left out. Questions
that come near to an exam's are dropped by the curate stage, as in any version.

    python stages/quiz.py --study data/study/hr.jsonl --chunks data/chunks/hr.jsonl --out data/expanded/quizzed.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import path


@click.command(cls=Stage)
@path("--study", "Texts of the study stage, its questions among them.")
@path("--chunks", "Chunks of the chunk stage that are trained on.")
@path("--out", "Rows of a version: questions without a passage.")
@path("--ledger", "Questions left out, and why.")
def main(study: Path, chunks: Path, out: Path, ledger: Path) -> None:
    """Ask what was studied, without a passage."""
    from mbegu.errors import BadInput
    from mbegu.rows.jsonl import read_lines, write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.sources.documents.chunks import KEYS
    from mbegu.sources.study import quiz, views

    rows = quiz.asked([text for _, text in read_lines(study, views.KEYS)])
    if not rows:
        raise BadInput(f"{study}: no question here; name questions among study.views, and build it with `dvc repro`.")
    found = quiz.quiz(rows, [chunk for _, chunk in read_lines(chunks, KEYS)])
    if not found.kept:
        raise BadInput(f"{study}: none of {len(rows)} questions is about a chunk of {chunks}; name the documents that it tells.")
    check_balance(len(rows), len(found.kept), found.ledger, quiz.STAGE)
    write_lines(out, found.kept)
    write_lines(ledger, found.ledger)
    documents = len({parent for row in found.kept for parent in row["origin"]["parents"]})
    click.echo(f"{len(found.kept)} questions about {documents} documents, {len(found.ledger)} in the ledger: {out}")


if __name__ == "__main__":
    main()
