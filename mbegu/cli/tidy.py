"""Lists what is left over of versions, models and sources that params.yaml no longer declares, and removes it.

mbegu tidy
mbegu tidy --yes
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mbegu.command import Stage

if TYPE_CHECKING:
    from mbegu.builds.leftovers import Leftovers


@click.command(cls=Stage)
@click.option("--yes", is_flag=True, help="Remove what was built, and the entries of dvc.lock.")
@click.option("--written", is_flag=True, help="With --yes, remove also what people wrote: seeds, labels and reviews.")
def main(yes: bool, written: bool) -> None:
    """Remove what is left of names no longer declared.

    Without --yes, it is listed and nothing is removed. Names are those of versions, models and sources in params.yaml.
    """
    if written and not yes:
        raise click.UsageError("--written: removes what people wrote; add --yes if you mean it.")
    from mbegu.builds import leftovers
    from mbegu.builds.project import Project

    project = Project()
    found = leftovers.find(project)
    _list(found)
    paths = [*found.built, *(found.written if written else [])]
    if not paths and not found.stages:
        click.echo("Nothing is left over that was built." if found.written else "Nothing is left over.")
    elif yes:
        leftovers.remove(paths, found.stages, project.lock)
        click.echo(f"Removed. Copies stay in git and in DVC's cache; {leftovers.FREE}.")
    else:
        click.echo("Nothing was removed; `mbegu tidy --yes` removes what was built and the entries of dvc.lock.")


def _list(found: "Leftovers") -> None:
    if found.built:
        click.echo("Built, of names that params.yaml does not declare:")
        _sizes(found.built)
    if found.stages:
        click.echo(f"Entries of dvc.lock that dvc.yaml no longer has: {', '.join(found.stages)}")
    if found.written:
        click.echo("Written by people; rename it with its version (`git mv`), or remove it with --yes --written:")
        _sizes(found.written)


def _sizes(paths: list[Path]) -> None:
    from mbegu.builds.leftovers import size

    for path in paths:
        click.echo(f"  {size(path) / 1000:>11,.1f} kB  {path}")
