"""Puts the base model and every version in one table and says which differences are more than chance.

In: the scores of all models, what was measured of each answer, the versions' rows. Out: every pair of models compared,
tables in Markdown, scores and intervals for plots, the questions that versions answer differently.

    python stages/compare.py --scores metrics/score --rows data/scores --out metrics/compare.json …
    python stages/compare.py --rev main --rev HEAD
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--rev", "revs", multiple=True, help="Two git revisions to compare, oldest first; then nothing is written.")
@click.option("--scores", type=click.Path(path_type=Path), help="Folder of the score stage's metrics.")
@click.option("--rows", type=click.Path(path_type=Path), help="Folder of what it measured of each answer.")
@click.option("--versions", type=click.Path(path_type=Path), help="Folder of the versions' rows.")
@click.option("--heldout", type=click.Path(path_type=Path), help="The rows that were answered.")
@click.option("--out", type=click.Path(path_type=Path), help="Scores, intervals and every pair compared.")
@click.option("--table", type=click.Path(path_type=Path), help="The tables in Markdown.")
@click.option("--plot", type=click.Path(path_type=Path), help="One line a model, for `dvc plots`.")
@click.option("--intervals", type=click.Path(path_type=Path), help="Picture of the differences with their intervals.")
@click.option("--flips", type=click.Path(path_type=Path), help="Questions that are answered better or worse.")
def main(revs: tuple[str, ...], **paths: Path | None) -> None:
    """Compare the base model and every version, or two git revisions."""
    if revs:
        between_revisions(revs)
        return
    missing = [f"--{name}" for name, path in paths.items() if path is None]
    if missing:
        raise click.UsageError(f"{', '.join(missing)} missing; without --rev, all are needed.")
    compare_models(**{name: path for name, path in paths.items() if path is not None})


def compare_models(
    scores: Path, rows: Path, versions: Path, heldout: Path, out: Path, table: Path, plot: Path, intervals: Path, flips: Path
) -> None:
    """The stage."""
    from mbegu.pages.charts import difference_chart
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.row import read_rows
    from mbegu.rows.tables import write_csv, write_json, write_text
    from mbegu.scoring import comparison
    from mbegu.scoring.flips import all_flips
    from mbegu.scoring.headings import TESTED

    metrics = comparison.read_scores(scores)
    ids, models = comparison.read_models(rows, list(metrics))
    compared = comparison.compare(models)
    shown = comparison.steps(list(models))
    datasets = {name: read_rows(versions / f"{name}.jsonl", answered=True) for name in models if name != comparison.BASE}
    columns = [name for name in TESTED if all(name in found for found in metrics.values())]
    text = comparison.page(metrics, compared, shown)
    write_json(out, {"models": metrics, **compared})
    write_text(table, text)
    write_csv(plot, ("model", *columns), [(model, *(found[name] for name in columns)) for model, found in metrics.items()])
    write_text(intervals, difference_chart(compared, shown))
    write_lines(flips, all_flips(ids, models, shown, read_heldout(heldout), datasets))
    click.echo(f"{text}\nTables: {table}, every pair: {out}")


def between_revisions(revs: tuple[str, ...]) -> None:
    """Answers in the DVC cache, scored by the code and settings of today."""
    if len(revs) != 2:
        raise click.UsageError(f"--rev stands {len(revs)} times; name two revisions, such as --rev main --rev HEAD.")
    from mbegu.builds.project import Project
    from mbegu.builds.rescoring import measured
    from mbegu.scoring import comparison

    models, left_out = measured(Project(), *revs)
    for note in left_out:
        click.echo(f"Note: {note}", err=True)
    compared = comparison.compare(models)
    names = list(models)
    shown = list(zip(names[1::2], names[::2], strict=True))
    click.echo(comparison.markdown(comparison.difference_table(compared, shown)))
    click.echo("\n".join(comparison.sentences(compared, shown)))


if __name__ == "__main__":
    main()
