"""Checks what people wrote for a project: rows, held-out rows, reviews, what would leak; and, once it is built, its ledgers.

mbegu check
mbegu check --current
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import path


@click.command(cls=Stage)
@path("--project", "Folder of the project.", ".")
@click.option("--current", is_flag=True, help="Fail unless the build is that of today's inputs, settings and code.")
def main(project: Path, current: bool) -> None:
    """Check what people wrote, without a model."""
    from mbegu.builds import balance, leftovers
    from mbegu.builds.current import out_of_date, sentence
    from mbegu.builds.project import project_in
    from mbegu.builds.written import check
    from mbegu.errors import BadInput

    for line in check(project):
        click.echo(line)
    files, stale = project_in(project), out_of_date(project)
    stages = 0 if stale is None else balance.check(files, project, stale)
    if stages:
        click.echo(f"{files.data}: {stages} stages, rows in = rows out + rows dropped")
    for line in leftovers.note(leftovers.find(files)):
        click.echo(line, err=True)
    missing = sentence(stale)
    if missing and current:
        raise BadInput(f"{files.lock}: {missing}")
    if missing:
        click.echo(f"Note: {missing}", err=True)
