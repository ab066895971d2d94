"""Answers questions about chunks from the chunk alone, with the words that support the answer, or with "I don't know".

In: rows without answers, a teacher. Out: answered rows, whose `origin.span` is where in the input the supporting words stand,
and questions put to a passage that does not answer them; the ledger of questions whose answer was no good.

    python stages/answer.py --questions data/questions/v1.jsonl --out data/expanded/v1.jsonl --unanswerable 0.2 …
"""

from functools import partial
from pathlib import Path

import click

from mbegu.asking.choice import LocalModel, Memory, choose
from mbegu.asking.settings import Planning, Replying, Teachers
from mbegu.command import Stage
from mbegu.sections import path, section
from mbegu.sources.documents.settings import Answer
from mbegu.text.settings import Locale


@click.command(cls=Stage)
@path("--questions", "File of the question stage.")
@section(LocalModel, "model")
@path("--out", "Answered rows.")
@path("--ledger", "Questions that got no answer, and why.")
@section(Memory, "memory")
@section(Planning, "planning")
@section(Teachers, "teachers")
@section(Replying, "replying")
@section(Answer, "answer")
@section(Locale, "locale")
def main(
    questions: Path, model: LocalModel, out: Path, ledger: Path, memory: Memory, planning: Planning, teachers: Teachers,
    replying: Replying, answer: Answer, locale: Locale,
) -> None:  # fmt: skip
    """Answer questions from their chunks."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.forecast import forecast
    from mbegu.asking.replies import read_asking
    from mbegu.asking.teachers import asked_for
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows
    from mbegu.sources.documents import answers

    rows = read_rows(questions, answered=False)
    reply = partial(answers.answer, rows, answer, read_asking(replying, "answer"), locale=locale)
    with choose(teachers, model, memory) as teacher:
        if told := forecast(planning, teacher, {"Answers": reply}):
            click.echo("\n".join(told))
            return
        new, asked, fresh = reply(teacher)
        check_balance(len(rows), len(new.kept), new.ledger, answers.STAGE)
        made = answers.unanswerable(new.kept, answer.unanswerable, answer.validation, locale.unknown)
        write_lines(out, [*new.kept, *made])
        write_lines(ledger, new.ledger)
    click.echo(
        f"Answered {len(new.kept)} of {len(rows)} questions, {len(new.ledger)} in the ledger, made "
        f"{len(made)} unanswerable; {asked_for(teacher, asked, f', about {fresh} new or changed questions')}: {out}"
    )


if __name__ == "__main__":
    main()
