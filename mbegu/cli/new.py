"""Begins a project outside this repository: the pipeline, its parameters, and a sample to replace.

mbegu new garden --from seeds --language sw --currency TZS
"""

import shlex
from pathlib import Path

import click

from mbegu.builds.scaffold import SOURCES, make
from mbegu.command import Stage
from mbegu.text.settings import NO_MONEY


@click.command(cls=Stage)
@click.argument("folder", metavar="DIR")
@click.option("--from", "source", type=click.Choice(SOURCES), default="seeds", show_default=True, help="Where rows come from.")
@click.option(
    "--language", "languages", multiple=True, default=("en", "sw"), show_default=True, metavar="CODE",
    help="Language of the rows, ISO 639, the main one first; repeat.",
)  # fmt: skip
@click.option("--currency", default=NO_MONEY, show_default=True, metavar="CODE", help="Of amounts that name none, ISO 4217.")
def main(folder: str, source: str, languages: tuple[str, ...], currency: str) -> None:
    """Make a new project in DIR, with a sample that is to be replaced."""
    alone = make(Path(folder), source, languages, currency)
    where = "a new git repository" if alone else "the git repository around it"
    click.echo(f"Made {folder} from {source}, in {where}; its README.md says what is where.")
    click.echo(f"Next: cd {shlex.quote(folder)} && git add -A . && git commit -m 'The sample' && dvc repro")
