"""Writes one self-contained page about all versions, and a Markdown twin.

In: the comparison, predictions, rows, flips, loss curves, token lengths, funnels. Out: HTML without any outside
reference, Markdown.

    python stages/report.py --data data --metrics metrics --params params.yaml --html report.html --markdown report.md
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import path


@click.command(cls=Stage)
@path("--data", "Folder of rows, predictions and flips.")
@path("--metrics", "Folder of all metrics.")
@path("--params", "The settings, to be shown as they are.")
@path("--html", "The page.")
@path("--markdown", "Its twin.")
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
