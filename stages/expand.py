"""Drafts answers to seed instructions that have none, and bootstraps new instructions from those that people wrote.

In: seed rows, the previous version, a teacher. Out: every row answered, a machine-written one with origin kind
"generated"; the ledger of candidates that were no good or not new.

    python stages/expand.py --seeds data/seeds/v3.jsonl --previous data/versions/v2.jsonl --target 40 --plan …
"""

from functools import partial

import click

from mbegu.asking.choice import LocalModel, Memory, choose
from mbegu.asking.settings import Planning, PromptFile, Teachers
from mbegu.command import Stage
from mbegu.sections import section
from mbegu.sources.seeds.settings import STAGE, Bootstrap, Expand, Files
from mbegu.text.settings import Locale


@click.command(cls=Stage)
@section(Files, "files")
@section(LocalModel, "model")
@section(Memory, "memory")
@section(Planning, "planning")
@section(Locale, "locale")
@section(PromptFile, "prompt")
@section(Teachers, "teachers")
@section(Expand, "expand")
@section(Bootstrap, "bootstrap")
def main(
    files: Files, model: LocalModel, memory: Memory, planning: Planning, locale: Locale,
    prompt: PromptFile, teachers: Teachers, expand: Expand, bootstrap: Bootstrap,
) -> None:  # fmt: skip
    """Draft answers to open seed instructions, and bootstrap new ones."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.decoding import Decoding
    from mbegu.asking.forecast import forecast
    from mbegu.asking.prompts import read_prompt
    from mbegu.asking.teachers import asked_for
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows
    from mbegu.rows.written import read_seeds
    from mbegu.sources.seeds import drafts, instructions
    from mbegu.sources.seeds.demonstrations import read_templates

    seeds = read_seeds(files.seeds)
    unanswered = [row for row in seeds if not row["output"]]
    pool = [*read_rows(files.previous, answered=True), *(row for row in seeds if row["output"])]
    instructions.check(bootstrap)
    draft = partial(drafts.draft, unanswered, read_prompt(*prompt), Decoding(expand.max_new_tokens))
    invent = partial(instructions.bootstrap, pool, bootstrap, locale.names, read_templates(bootstrap.templates))
    with choose(teachers, model, memory) as teacher:
        if told := forecast(planning, teacher, {"Drafts": draft, "Bootstrap": invent}):
            click.echo("\n".join(told))
            return
        drafted, asked = draft(teacher)
        new, candidates, more = invent(teacher)
        rows, ledger = [*drafts.fill(seeds, drafted), *new.kept], [*drafted.ledger, *new.ledger]
        check_balance(len(seeds) + candidates, len(rows), ledger, STAGE)
        write_lines(files.out, rows)
        write_lines(files.ledger, ledger)
    click.echo(
        f"Drafted {len(drafted.kept)} of {len(seeds)} rows, bootstrapped {len(new.kept)} from {candidates} candidates, "
        f"{asked_for(teacher, asked + more, '')}: {files.out}"
    )


if __name__ == "__main__":
    main()
