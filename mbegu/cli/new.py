"""Makes a project outside this repository: the pipeline, its parameters, and a sample to replace.

mbegu new garden --from seeds
"""

import shlex
from pathlib import Path

import click

from mbegu.builds.scaffold import SOURCES, make
from mbegu.command import Stage


@click.command(cls=Stage)
@click.argument("folder", metavar="DIR")
@click.option("--from", "source", type=click.Choice(SOURCES), default="seeds", show_default=True, help="What rows are made of.")
def main(folder: str, source: str) -> None:
    """Make a new project in DIR, with a sample that is to be replaced."""
    alone = make(Path(folder), source)
    where = "a new git repository" if alone else "the git repository around it"
    click.echo(f"Made {folder} from {source}, in {where}; its README.md says what is where.")
    click.echo(f"Next: cd {shlex.quote(folder)} && git add -A . && git commit -m 'The sample' && dvc repro")


if __name__ == "__main__":
    main()
