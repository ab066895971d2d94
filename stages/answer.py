"""Answers questions about chunks from the chunk alone, with the words that support the answer, or with "I don't know".

In: rows without answers, a teacher. Out: answered rows, whose `origin.span` is where in the input the supporting words stand,
and questions put to a passage that does not answer them; the ledger of questions whose answer was no good.

    python stages/answer.py --questions data/questions/v1.jsonl --out data/expanded/v1.jsonl --unanswerable 0.2 …
"""

from functools import partial
from pathlib import Path
from typing import Any

import click

from mbegu.asking.options import choose_teacher, teacher_options
from mbegu.asking.reply_options import asking_options, read_asking
from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--questions", type=click.Path(path_type=Path), required=True, help="File of the question stage.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Folder of the base model.")
@click.option("--teacher", type=click.Path(path_type=Path), required=True, help="Local teacher: the base, or an adapter.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Answered rows.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Questions that got no answer, and why.")
@click.option("--memo", type=click.Path(path_type=Path), required=True, help="Folder of remembered answers.")
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for this run's lock.")
@click.option("--plan", is_flag=True, help="Print what would be asked, and ask nobody anything.")
@teacher_options
@asking_options
@click.option("--longest", type=click.IntRange(8), required=True, help="Characters of an answer.")
@click.option("--precision", type=click.FloatRange(0, 1), required=True, help="Least share of its words that the passage holds.")
@click.option("--keep_unknown/--no-keep_unknown", required=True, help='Keep rows that the teacher answers "I don\'t know".')
@click.option(
    "--unanswerable", type=click.FloatRange(0, 1, max_open=True), required=True, help="Share of rows made unanswerable."
)
@click.option("--validation", type=click.FloatRange(0, 1, max_open=True), required=True, help="As train.validation.")
def main(
    questions: Path, base: Path, teacher: Path, out: Path, ledger: Path, memo: Path, work: Path, plan: bool,
    longest: int, precision: float, keep_unknown: bool, unanswerable: float, validation: float, **values: Any,
) -> None:  # fmt: skip
    """Answer questions from their chunks."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking import forecast
    from mbegu.asking.memo import open_memo
    from mbegu.outputs import sole_writer
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows
    from mbegu.sources.documents import answers

    asked_rows = read_rows(questions, answered=False)
    with sole_writer(work), open_memo(memo) as known:
        asked = choose_teacher(base, teacher, values)
        reply = partial(answers.answer, asked_rows, longest, precision, keep_unknown, read_asking("answer", values), known)
        if plan:
            click.echo("\n".join(forecast.lines(asked, known, {"Answers": reply})))
            return
        new = reply(asked)
        check_balance(len(asked_rows), len(new.rows), new.ledger, answers.STAGE)
        made = answers.unanswerable(new.rows, unanswerable, validation)
        write_lines(out, [*new.rows, *made])
        write_lines(ledger, new.ledger)
    click.echo(
        f"Answered {len(new.rows)} of {len(asked_rows)} questions, {len(new.ledger)} in the ledger, made "
        f"{len(made)} unanswerable; asked the teacher {new.asked} times, about {new.fresh} new or changed questions: {out}"
    )


if __name__ == "__main__":
    main()
