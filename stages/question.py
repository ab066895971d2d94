"""Asks the teacher for questions about each chunk of the documents: JSON of a schema, refused and asked again if it is not.

In: chunks, a teacher. Out: a row a question, without an answer, also for questions that the chunk does not answer; the ledger of
chunks that got none.

    python stages/question.py --chunks data/chunks/hr.jsonl --out data/questions/v1.jsonl --count 3 …
"""

from functools import partial
from pathlib import Path

import click

from mbegu.asking.choice import LocalModel, Memory, choose
from mbegu.asking.settings import Planning, Replying, Teachers
from mbegu.command import Stage
from mbegu.sections import path, section
from mbegu.sources.documents.settings import Question


@click.command(cls=Stage)
@path("--chunks", "File of the chunk stage.")
@section(LocalModel, "model")
@path("--out", "Rows without answers.")
@path("--ledger", "Chunks that got no questions, and why.")
@section(Memory, "memory")
@section(Planning, "planning")
@section(Teachers, "teachers")
@section(Replying, "replying")
@section(Question, "question")
def main(
    chunks: Path, model: LocalModel, out: Path, ledger: Path, memory: Memory, planning: Planning, teachers: Teachers,
    replying: Replying, question: Question,
) -> None:  # fmt: skip
    """Ask for questions about chunks."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.forecast import forecast
    from mbegu.asking.replies import read_asking
    from mbegu.asking.teachers import asked_for
    from mbegu.rows.jsonl import read_lines, write_lines
    from mbegu.sources.documents import questions
    from mbegu.sources.documents.chunks import KEYS

    found = [chunk for _, chunk in read_lines(chunks, KEYS)]
    invent = partial(questions.invent, found, question, read_asking(replying, "questions"))
    others = partial(questions.invent_unanswerable, found, question, read_asking(replying, "unanswerable"))
    with choose(teachers, model, memory) as teacher:
        if told := forecast(planning, teacher, {"Questions": invent, "Unanswerable": others}):
            click.echo("\n".join(told))
            return
        new, asked, fresh = invent(teacher)
        more, asked_more, fresh_more = others(teacher)
        rows, twice = questions.join(new.kept, more.kept)
        write_lines(out, rows)
        write_lines(ledger, [*new.ledger, *more.ledger, *twice])
    without, dropped = len(more.kept) - len(twice), sum(line["action"] == "dropped" for line in new.ledger)
    count = asked_for(teacher, asked + asked_more, f", about {max(fresh, fresh_more)} new or changed chunks")
    click.echo(
        f"{len(rows)} questions about {len(found) - dropped} of {len(found)} chunks, "
        f"{f'{without} of them without an answer there, ' if without else ''}"
        f"{len(new.ledger) + len(more.ledger) + len(twice)} in the ledger; {count}: {out}"
    )


if __name__ == "__main__":
    main()
