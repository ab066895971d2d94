"""Asks the teacher for questions about each chunk of the documents: JSON of a schema, refused and asked again if it is not.

In: chunks, a teacher. Out: a row a question, without an answer; the ledger of chunks that got none.

    python stages/question.py --chunks data/chunks/hr.jsonl --out data/questions/v1.jsonl --count 3 …
"""

from functools import partial
from pathlib import Path
from typing import Any

import click

from mbegu.asking.options import choose_teacher, teacher_options
from mbegu.asking.reply_options import asking_options, read_asking
from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--chunks", type=click.Path(path_type=Path), required=True, help="File of the chunk stage.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Folder of the base model.")
@click.option("--teacher", type=click.Path(path_type=Path), required=True, help="Local teacher: the base, or an adapter.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Rows without answers.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Chunks that got no questions, and why.")
@click.option("--memo", type=click.Path(path_type=Path), required=True, help="Folder of remembered answers.")
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for this run's lock.")
@click.option("--plan", is_flag=True, help="Print what would be asked, and ask nobody anything.")
@teacher_options
@asking_options
@click.option("--count", type=click.IntRange(1), required=True, help="Questions a chunk.")
@click.option("--longest", type=click.IntRange(8), required=True, help="Characters of a question.")
@click.option("--precision", type=click.FloatRange(0, 1), required=True, help="Least share of its words that the chunk holds.")
@click.option("--most_chunks", type=click.IntRange(0), required=True, help="Chunks that are asked about; 0 for all.")
def main(
    chunks: Path, base: Path, teacher: Path, out: Path, ledger: Path, memo: Path, work: Path, plan: bool,
    count: int, longest: int, precision: float, most_chunks: int, **values: Any,
) -> None:  # fmt: skip
    """Ask for questions about chunks."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking import forecast
    from mbegu.asking.memo import open_memo
    from mbegu.outputs import sole_writer
    from mbegu.rows.jsonl import read_lines, write_lines
    from mbegu.sources.documents import questions
    from mbegu.sources.documents.chunks import KEYS

    found = [chunk for _, chunk in read_lines(chunks, KEYS)]
    with sole_writer(work), open_memo(memo) as known:
        asked = choose_teacher(base, teacher, values)
        asking = read_asking("questions", values)
        invent = partial(questions.invent, found, most_chunks, count, longest, precision, asking, known)
        if plan:
            click.echo("\n".join(forecast.lines(asked, known, {"Questions": invent})))
            return
        new = invent(asked)
        write_lines(out, new.rows)
        write_lines(ledger, new.ledger)
    click.echo(
        f"{len(new.rows)} questions about {len(found) - len(new.ledger)} of {len(found)} chunks, {len(new.ledger)} in the "
        f"ledger; asked the teacher {new.asked} times, about {new.fresh} new or changed chunks: {out}"
    )


if __name__ == "__main__":
    main()
