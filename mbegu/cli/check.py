"""Checks in a second what people wrote for a project: rows, held-out rows, reviews, and what would leak.

mbegu check
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--project", type=click.Path(path_type=Path), default=".", show_default=True, help="Folder of the project.")
def main(project: Path) -> None:
    """Check what people wrote, without a model."""
    from mbegu.builds.written import check

    for line in check(project):
        click.echo(line)


if __name__ == "__main__":
    main()
