"""Lets a judge compare models' held-out answers, pair by pair; a stage for each pair under `judged` in params.yaml.

In: predictions, a teacher who judges. Out: wins, losses and ties of each pair under the judge's name; every verdict.

    python stages/judge.py --predictions data/predictions --pairs v2:base --out metrics/judge/v2-base.json --verdicts …
"""

from pathlib import Path

import click

from mbegu.asking.choice import LocalModel, Memory, choose
from mbegu.asking.settings import Teachers
from mbegu.command import Stage
from mbegu.scoring.settings import Judge
from mbegu.sections import path, section


@click.command(cls=Stage)
@path("--predictions", "Folder of the predict stage.")
@path("--params", "Which models there are.")
@path("--base", "Folder of the base model, the local judge.")
@path("--out", "Metrics of each pair.")
@path("--verdicts", "Each row's verdicts and raw answers.")
@section(Memory, "memory")
@click.option("--pairs", multiple=True, required=True, help="Models to compare, such as v2:base; repeat.")
@section(Judge, "judge")
@section(Teachers, "teachers")
def main(
    predictions: Path, params: Path, base: Path, out: Path, verdicts: Path, memory: Memory, pairs: tuple[str, ...],
    judge: Judge, teachers: Teachers,
) -> None:  # fmt: skip
    """Compare held-out answers by a judge."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.builds import declared
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.tables import write_json
    from mbegu.scoring import judging
    from mbegu.scoring.duels import read_duels

    duels = read_duels(pairs, predictions, declared.names(declared.read_params(params), "models"))
    comparison = judging.read_pairwise(judge)
    with choose(teachers, LocalModel(base, base), memory) as teacher:
        judged, asked = judging.judge(duels, comparison, teacher)
        name = judging.judge_name(teacher, base)
        write_json(out, judging.tally(judged, name))
        write_lines(verdicts, judged)
    unreadable = sum(row["verdict"] == judging.UNREADABLE for row in judged)
    click.echo(f"Judged {len(judged)} answers by {name}, {unreadable} unreadable, asked the judge {asked} times: {out}")


if __name__ == "__main__":
    main()
