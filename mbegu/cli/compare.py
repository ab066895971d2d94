"""Compares two git revisions: their answers in the DVC cache, scored by the code and settings of today.

mbegu compare --rev main --rev HEAD
"""

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--rev", "revs", multiple=True, required=True, help="Two git revisions, oldest first; nothing is written.")
def main(revs: tuple[str, ...]) -> None:
    """Compare the scores of two git revisions."""
    if len(revs) != 2:
        raise click.UsageError(f"--rev stands {len(revs)} times; name two revisions, such as --rev main --rev HEAD.")
    from mbegu.builds.project import Project
    from mbegu.builds.rescoring import measured
    from mbegu.scoring.comparison import compare
    from mbegu.scoring.verdicts import dependence, difference_table, sentences, trainings
    from mbegu.text.markdown import table

    found = measured(Project(), *revs)
    for note in found.notes:
        click.echo(f"Note: {note}", err=True)
    compared = compare(found.models, found.groups, trained=found.trained)
    names = list(found.models)
    shown = list(zip(names[1::2], names[::2], strict=True))
    click.echo(table(difference_table(compared, shown)))
    click.echo("\n".join(sentences(compared, shown)))
    if said := (dependence(compared) + trainings(compared)).strip():
        click.echo(f"\n{said}")
