"""Puts what models know of their documents into one table: closed-book and with retrieval, what they forgot, what it cost.

In: the questions of an exam, documents and the index of their chunks, answers of the examine stage, rows of the encode
stage. Out: scores, comparisons with intervals that know documents and trainings, recall of retrieval, a table.

    python stages/grade.py --exam data/exams/hr --documents data/documents/hr.jsonl --index data/retrieved/hr --name hr …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.scoring.settings import Graded
from mbegu.sections import path, section
from mbegu.text.settings import Locale


@click.command(cls=Stage)
@path("--exam", "Folder of closed-book and general questions.")
@path("--documents", "File of the ingest stage.")
@path("--index", "Folder of the index_chunks stage.")
@click.option("--name", required=True, help="What params.yaml calls the documents.")
@path("--examined", "Folder of the examine stage's answers.")
@path("--encoded", "Folder of the encode stage's rows, and of counts of what was read.")
@path("--params", "Which models were examined, and how they were trained.")
@section(Graded, "written")
@section(Locale, "locale")
def main(
    exam: Path, documents: Path, index: Path, name: str, examined: Path, encoded: Path, params: Path,
    written: Graded, locale: Locale,
) -> None:  # fmt: skip
    """Grade what models know of documents."""
    from mbegu.builds import examining
    from mbegu.builds.declared import read_params
    from mbegu.pages.exams import page
    from mbegu.quiet import quiet
    from mbegu.retrieval.search import open_index
    from mbegu.rows.exams import read_exam
    from mbegu.rows.jsonl import read_lines
    from mbegu.rows.tables import write_json, write_text
    from mbegu.scoring import exams
    from mbegu.sources.documents.documents import KEYS
    from mbegu.sources.documents.passages import recalled

    quiet()
    declares = read_params(params)
    who = examining.who(declares, name, params)
    asked = read_exam(exam)
    read = [document for _, document in read_lines(documents, KEYS)]
    ways, questions = examining.measured(examined, who, asked, exam, locale)
    shown = exams.steps(who.models)
    graded = exams.grade(ways, questions, shown, who) | {
        "shown": shown,
        "questions": examining.counts(asked),
        "recall": recalled(asked.closed, read, open_index(index)),
        "cost": examining.costs(who, encoded, declares),
    }
    write_json(written.out, graded)
    write_json(written.metrics, exams.metrics(graded))
    text = page(graded)
    write_text(written.table, text)
    click.echo(f"{text}\nTable: {written.table}, every pair: {written.out}")


if __name__ == "__main__":
    main()
