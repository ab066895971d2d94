"""Drafts answers to seed instructions that have none, and bootstraps new instructions from those that people wrote.

In: seed rows, the previous version, a teacher. Out: every row answered, a machine-written one with origin kind
"generated"; the ledger of candidates that were no good or not new.

    python stages/expand.py --seeds data/seeds/v3.jsonl --previous data/versions/v2.jsonl --target 40 --plan …
"""

from functools import partial
from pathlib import Path
from typing import Any

import click

from mbegu.asking.options import choose_teacher, teacher_options
from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--seeds", type=click.Path(path_type=Path), required=True, help="Hand-written rows, answered or not.")
@click.option("--previous", type=click.Path(path_type=Path), required=True, help="Version that is extended.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Folder of the base model.")
@click.option("--teacher", type=click.Path(path_type=Path), required=True, help="Local teacher: the base, or an adapter.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Rows with machine-written answers.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Candidates that were dropped, and why.")
@click.option("--memo", type=click.Path(path_type=Path), required=True, help="Folder of remembered answers.")
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for this run's lock.")
@click.option("--plan", is_flag=True, help="Print what would be asked, and ask nobody anything.")
@click.option("--template", type=click.Path(path_type=Path), required=True, help="Prompt template of a draft.")
@click.option("--chat/--no-chat", required=True, help="Put a draft's prompt as a user's turn.")
@teacher_options
@click.option("--max_new_tokens", type=click.IntRange(1), required=True, help="Longest draft, in tokens.")
@click.option("--target", type=click.IntRange(0), required=True, help="New instructions to bootstrap; 0 for none.")
@click.option("--validation", type=click.FloatRange(0, 1, max_open=True), required=True, help="As train.validation.")
@click.option("--method", type=click.Choice(["self-instruct", "alpaca"]), required=True, help="Three requests, or one.")
@click.option("--domain", required=True, help="What the questions are about, as the prompt says it.")
@click.option("--templates", type=click.Path(path_type=Path), required=True, help="Folder of bootstrap prompts.")
@click.option("--requests", type=click.IntRange(1), required=True, help="Instruction requests a round.")
@click.option("--patience", type=click.IntRange(1), required=True, help="Rounds without a new row before it stops.")
@click.option("--demonstrations", type=click.IntRange(1), required=True, help="Rows shown in a request.")
@click.option("--machine", type=click.IntRange(0), required=True, help="At most so many of them machine-made.")
@click.option("--instances", type=click.IntRange(1, 5), required=True, help="Rows of one instruction, at most.")
@click.option("--instance_chat/--no-instance_chat", required=True, help="Put an input-first prompt as a user's turn.")
@click.option("--temperature", type=click.FloatRange(0), required=True, help="Of sampling; 0 is greedy.")
@click.option("--top_p", type=click.FloatRange(0, 1, min_open=True), required=True, help="Share of probability drawn from.")
@click.option("--repetition_penalty", type=click.FloatRange(0, min_open=True), required=True, help="1 for none.")
@click.option("--instruction_tokens", type=click.IntRange(1), required=True, help="Longest list of instructions.")
@click.option("--instance_tokens", type=click.IntRange(1), required=True, help="Longest list of instances.")
@click.option("--min_words", type=click.IntRange(1), required=True, help="Shortest instruction, in words.")
@click.option("--max_words", type=click.IntRange(1), required=True, help="Longest instruction, in words.")
@click.option("--novelty", type=click.FloatRange(0, 1), required=True, help="ROUGE-L F1 to an earlier row above this: not new.")
@click.option("--topics", multiple=True, required=True, help="Subjects that a text-only model can't serve.")
@click.option("--names", multiple=True, required=True, help="Names that make two alike questions different.")
def main(
    seeds: Path, previous: Path, base: Path, teacher: Path, out: Path, ledger: Path, memo: Path, work: Path, plan: bool,
    template: Path, chat: bool, max_new_tokens: int, target: int, validation: float, **values: Any,
) -> None:  # fmt: skip
    """Draft answers to open seed instructions, and bootstrap new ones."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking import forecast
    from mbegu.asking.decoding import Decoding
    from mbegu.asking.memo import open_memo
    from mbegu.asking.prompts import read_prompt
    from mbegu.outputs import sole_writer
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows, unique_ids
    from mbegu.sources.seeds import drafts, instructions

    seed_rows = unique_ids(read_rows(seeds, answered=False), seeds)
    open_rows = [row for row in seed_rows if not row["output"]]
    pool = [*read_rows(previous, answered=True), *(row for row in seed_rows if row["output"])]
    prompt = read_prompt(template, chat)
    with sole_writer(work), open_memo(memo) as known:
        asked = choose_teacher(base, teacher, values)
        settings = instructions.settings(target, validation, values)
        draft = partial(drafts.draft, open_rows, prompt, Decoding(max_new_tokens), known)
        invent = partial(instructions.bootstrap, pool, settings, known)
        if plan:
            click.echo("\n".join(forecast.lines(asked, known, {"Drafts": draft, "Bootstrap": invent})))
            return
        drafts, count = draft(asked)
        new = invent(asked)
        candidates = [*drafts.fill(seed_rows, drafts), *new.rows]
        check_balance(len(seed_rows) + new.candidates, len(candidates), new.ledger, instructions.STAGE)
        write_lines(out, candidates)
        write_lines(ledger, new.ledger)
    click.echo(
        f"Drafted {len(drafts)} of {len(seed_rows)} rows, bootstrapped {len(new.rows)} from {new.candidates} candidates, "
        f"asked the teacher {count + new.asked} times: {out}"
    )


if __name__ == "__main__":
    main()
