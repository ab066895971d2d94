"""Writes one self-contained page about all versions, and a Markdown twin.

In: the comparison, predictions, loss curves, token lengths. Out: HTML without any outside reference, Markdown.

    python stages/report.py --compare metrics/compare.json --predictions data/predictions --html report.html …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--compare", type=click.Path(path_type=Path), required=True, help="Metrics of the compare stage.")
@click.option("--predictions", type=click.Path(path_type=Path), required=True, help="Folder of the predict stage.")
@click.option("--train", type=click.Path(path_type=Path), required=True, help="Folder of the loss curves.")
@click.option("--tokenize", type=click.Path(path_type=Path), required=True, help="Folder of the token lengths.")
@click.option("--html", type=click.Path(path_type=Path), required=True, help="The page.")
@click.option("--markdown", type=click.Path(path_type=Path), required=True, help="Its twin.")
def main(compare: Path, predictions: Path, train: Path, tokenize: Path, html: Path, markdown: Path) -> None:
    """Write the report."""
    from mbegu import reporting
    from mbegu.tables import write_text

    report = reporting.gather(compare, predictions, train, tokenize)
    write_text(html, reporting.html(report))
    write_text(markdown, reporting.markdown(report))
    click.echo(f"Report: {html}")


if __name__ == "__main__":
    main()
