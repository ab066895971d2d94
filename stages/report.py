"""Writes one self-contained page about all versions, and a Markdown twin.

In: the comparison, predictions, rows, flips, loss curves, token lengths, funnels. Out: HTML without any outside
reference, Markdown.

    python stages/report.py --data data --metrics metrics --templates templates --html report.html …
"""

from pathlib import Path

import click

from mbegu.command import Stage, warn
from mbegu.sections import path


@click.command(cls=Stage)
@path("--data", "Folder of rows, predictions and flips.")
@path("--metrics", "Folder of all metrics.")
@path("--params", "The settings, to be shown as they are.")
@path("--templates", "Folder of the page's templates.")
@path("--html", "The page.")
@path("--markdown", "Its twin.")
def main(data: Path, metrics: Path, params: Path, templates: Path, html: Path, markdown: Path) -> None:
    """Write the report."""
    from mbegu.builds.project import Project
    from mbegu.pages import report
    from mbegu.rows.tables import write_text

    gathered = report.gather(Project(data=data, metrics=metrics, params=params))
    write_text(html, report.html(gathered, templates))
    write_text(markdown, report.markdown(gathered, templates))
    warn(*gathered["warnings"])
    click.echo(f"Report: {html}")


if __name__ == "__main__":
    main()
