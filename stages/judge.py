"""Lets a judge compare models' held-out answers, pair by pair; a stage for each pair under `judged` in params.yaml.

In: predictions, a teacher who judges. Out: wins, losses and ties of each pair under the judge's name; every verdict.

    python stages/judge.py --predictions data/predictions --pairs v2:base --out metrics/judge/v2-base.json --verdicts …
"""

from pathlib import Path
from typing import Any

import click

from mbegu.asking.options import choose_teacher, teacher_options
from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--predictions", type=click.Path(path_type=Path), required=True, help="Folder of the predict stage.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Folder of the base model, the local judge.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Metrics of each pair.")
@click.option("--verdicts", type=click.Path(path_type=Path), required=True, help="Each row's verdicts and raw answers.")
@click.option("--memo", type=click.Path(path_type=Path), required=True, help="Folder of remembered answers.")
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for this run's lock.")
@click.option("--pairs", multiple=True, required=True, help="Models to compare, such as v2:base; repeat.")
@click.option("--template", type=click.Path(path_type=Path), required=True, help="Prompt template of a comparison.")
@click.option("--max_new_tokens", type=click.IntRange(1), required=True, help="Longest verdict, in tokens.")
@click.option("--chat/--no-chat", required=True, help="Put the prompt as a user's turn.")
@teacher_options
def main(
    predictions: Path, base: Path, out: Path, verdicts: Path, memo: Path, work: Path, pairs: tuple[str, ...], template: Path,
    max_new_tokens: int, chat: bool, **values: Any,
) -> None:  # fmt: skip
    """Compare held-out answers by a judge."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.memo import open_memo
    from mbegu.outputs import sole_writer
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.tables import write_json
    from mbegu.scoring import judging

    duels = judging.read_duels(pairs, predictions)
    ask = judging.read_ask(template, chat, max_new_tokens)
    with sole_writer(work), open_memo(memo) as known:
        teacher = choose_teacher(base, base, values)
        judged, asked = judging.judge(duels, ask, teacher, known)
        name = judging.judge_name(teacher, base)
        write_json(out, judging.tally(judged, name))
        write_lines(verdicts, judged)
    unreadable = sum(row["verdict"] == judging.UNREADABLE for row in judged)
    click.echo(f"Judged {len(judged)} answers by {name}, {unreadable} unreadable, asked the judge {asked} times: {out}")


if __name__ == "__main__":
    main()
