"""Checks what people wrote for a project: rows, held-out rows, reviews, what would leak; and, once it is built, its ledgers.

mbegu check
mbegu check --current
mbegu check --bytes
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import path


@click.command(cls=Stage)
@path("--project", "Folder of the project.", ".")
@click.option("--current", is_flag=True, help="Fail unless the build is that of today's inputs, settings and code.")
@click.option("--bytes", "again", is_flag=True, help="Read every output and DVC's copy of it again, and fail if one has rotted.")
def main(project: Path, current: bool, again: bool) -> None:
    """Check what people wrote, without a model."""
    from mbegu.builds import balance, leftovers, rot
    from mbegu.builds.current import out_of_date, sentence
    from mbegu.builds.project import project_in
    from mbegu.builds.written import check
    from mbegu.errors import BadInput

    if again:
        read = rot.read_again(project)
        if read.rotten:
            raise BadInput(rot.sentence(read))
        click.echo(f"{project / 'dvc.lock'}: {read.outs} outputs and {read.copies} copies in DVC's cache are as they were built")
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
