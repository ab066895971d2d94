"""Puts the base model and every version in one table.

In: the scores of all models. Out: metrics with relative changes, the table in Markdown, the same for plots.

    python stages/compare.py --scores metrics/score --out metrics/compare.json …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--scores", type=click.Path(path_type=Path), required=True, help="Folder of the score stage.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Metrics with changes against the base.")
@click.option("--table", type=click.Path(path_type=Path), required=True, help="The table in Markdown.")
@click.option("--plot", type=click.Path(path_type=Path), required=True, help="One line a model, for `dvc plots`.")
def main(scores: Path, out: Path, table: Path, plot: Path) -> None:
    """Compare the base model and every version."""
    from mbegu import comparison
    from mbegu.tables import write_csv, write_json, write_text

    compared = comparison.compare(comparison.read_scores(scores))
    text = comparison.markdown(comparison.table(compared))
    columns = [name for name, _, _ in comparison.HEADINGS if all(name in metrics for metrics in compared.values())]
    write_json(out, compared)
    write_text(table, text)
    write_csv(plot, ("model", *columns), [(model, *(row[name] for name in columns)) for model, row in compared.items()])
    click.echo(text + f"\nChange against the base model in brackets: {table}")


if __name__ == "__main__":
    main()
