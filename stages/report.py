"""Writes one self-contained page about all versions, and a Markdown twin.

In: the comparison, predictions, rows, flips, loss curves, token lengths, funnels. Out: HTML without any outside
reference, Markdown.

    python stages/report.py --data data --metrics metrics --params params.yaml --html report.html --markdown report.md
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of rows, predictions and flips.")
@click.option("--metrics", type=click.Path(path_type=Path), required=True, help="Folder of all metrics.")
@click.option("--params", type=click.Path(path_type=Path), required=True, help="The settings, to be shown as they are.")
@click.option("--html", type=click.Path(path_type=Path), required=True, help="The page.")
@click.option("--markdown", type=click.Path(path_type=Path), required=True, help="Its twin.")
def main(data: Path, metrics: Path, params: Path, html: Path, markdown: Path) -> None:
    """Write the report."""
    from mbegu.builds.project import Project
    from mbegu.pages import report
    from mbegu.rows.tables import write_text

    gathered = report.gather(Project(data=data, metrics=metrics, params=params))
    write_text(html, report.html(gathered))
    write_text(markdown, report.markdown(gathered))
    click.echo(f"Report: {html}")


if __name__ == "__main__":
    main()
