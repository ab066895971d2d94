"""Puts the base model and every version in one table and says which differences are more than chance.

In: the scores of the models that params.yaml declares, what was measured of each answer, the versions' rows. Out: every
pair of models compared, tables in Markdown, scores and intervals for plots, the questions that versions answer differently.

    python stages/compare.py --scores metrics/score --rows data/scores --out metrics/compare.json …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import path


@click.command(cls=Stage)
@path("--scores", "Folder of the score stage's metrics.")
@path("--rows", "Folder of what it measured of each answer.")
@path("--versions", "Folder of the versions' rows.")
@path("--heldout", "The rows that were answered.")
@path("--params", "Which models and versions there are.")
@path("--out", "Scores, intervals and every pair compared.")
@path("--table", "The tables in Markdown.")
@path("--plot", "One line a model, for `dvc plots`.")
@path("--intervals", "Picture of the differences with their intervals.")
@path("--flips", "Questions that are answered better or worse.")
def main(
    scores: Path, rows: Path, versions: Path, heldout: Path, params: Path, out: Path, table: Path, plot: Path,
    intervals: Path, flips: Path,
) -> None:  # fmt: skip
    """Compare the base model and every version."""
    from mbegu.builds import comparing, leftovers
    from mbegu.builds.declared import read_params
    from mbegu.builds.project import Project
    from mbegu.pages.charts import difference_chart
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.row import read_rows
    from mbegu.rows.tables import write_csv, write_json, write_text
    from mbegu.scoring import comparison, verdicts
    from mbegu.scoring.clusters import clusters
    from mbegu.scoring.flips import all_flips
    from mbegu.scoring.headings import TESTED

    project = Project(params=params)
    declares = read_params(params)
    again = comparing.again(declares)
    metrics = comparison.read_scores(scores, [name for name in project.names("models") if name not in again])
    ids, models = comparison.read_models(rows, [*metrics, *again])
    questions = {row["id"]: row for row in read_heldout(heldout)}
    trainings = [[models[name] for name in version] for version in comparing.trainings(declares)]
    models = {name: models[name] for name in metrics}
    shown = comparing.shown(declares, list(models), params)
    known = comparison.Trained(comparing.weights(declares), trainings)
    compared = comparison.compare(models, clusters([questions[id_] for id_ in ids]), shown, known)
    declared = [name for name in models if name in project.names("versions")]
    datasets = {name: read_rows(versions / f"{name}.jsonl", answered=True) for name in declared}
    columns = [name for name in TESTED if all(name in found for found in metrics.values())]
    text = verdicts.page(metrics, compared, shown, comparing.bare(declares, params))
    write_json(out, {"models": metrics, **compared})
    write_text(table, text)
    write_csv(plot, ("model", *columns), [(model, *(found[name] for name in columns)) for model, found in metrics.items()])
    write_text(intervals, difference_chart(compared, shown))
    write_lines(flips, all_flips(ids, models, shown, list(questions.values()), datasets))
    for name in comparing.repeated(declares):
        click.echo(f"Warning: {name} has the seed of another training of its version, and says nothing of chance.", err=True)
    for line in leftovers.note(leftovers.find(project)):
        click.echo(line, err=True)
    click.echo(f"{text}\nTables: {table}, every pair: {out}")


if __name__ == "__main__":
    main()
