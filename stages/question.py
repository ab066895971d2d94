"""Asks the teacher for questions about each chunk of the documents: JSON of a schema, refused and asked again if it is not.

In: chunks, a teacher. Out: a row a question, without an answer; the ledger of chunks that got none.

    python stages/question.py --chunks data/chunks/hr.jsonl --out data/questions/v1.jsonl --count 3 …
"""

from functools import partial
from pathlib import Path

import click

from mbegu.asking.choice import LocalModel, Memory, choose
from mbegu.asking.settings import Replying, Teachers
from mbegu.command import Stage
from mbegu.sections import path, section
from mbegu.sources.documents.settings import Question


@click.command(cls=Stage)
@path("--chunks", "File of the chunk stage.")
@section(LocalModel, "model")
@path("--out", "Rows without answers.")
@path("--ledger", "Chunks that got no questions, and why.")
@section(Memory, "memory")
@click.option("--plan", is_flag=True, help="Print what would be asked, and ask nobody anything.")
@section(Teachers, "teachers")
@section(Replying, "replying")
@section(Question, "question")
def main(
    chunks: Path, model: LocalModel, out: Path, ledger: Path, memory: Memory, plan: bool, teachers: Teachers,
    replying: Replying, question: Question,
) -> None:  # fmt: skip
    """Ask for questions about chunks."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking import forecast
    from mbegu.asking.replies import read_asking
    from mbegu.rows.jsonl import read_lines, write_lines
    from mbegu.sources.documents import questions
    from mbegu.sources.documents.chunks import KEYS

    found = [chunk for _, chunk in read_lines(chunks, KEYS)]
    invent = partial(questions.invent, found, question, read_asking(replying, "questions"))
    with choose(teachers, model, memory) as teacher:
        if plan:
            click.echo("\n".join(forecast.lines(teacher, {"Questions": invent})))
            return
        new, asked, fresh = invent(teacher)
        write_lines(out, new.kept)
        write_lines(ledger, new.ledger)
    click.echo(
        f"{len(new.kept)} questions about {len(found) - len(new.ledger)} of {len(found)} chunks, {len(new.ledger)} in the "
        f"ledger; asked the teacher {asked} times, about {fresh} new or changed chunks: {out}"
    )


if __name__ == "__main__":
    main()
