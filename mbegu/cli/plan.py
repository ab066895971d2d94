"""Says what the next build would ask the teacher: each version's `expand`, and each `study`, with `--plan`, as dvc.yaml calls it.

mbegu plan v3
"""

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.argument("versions", nargs=-1)
def main(versions: tuple[str, ...]) -> None:
    """Forecast what VERSIONS or studies would ask; nobody is asked.

    Rows, requests, tokens, time and cost; of all by default.
    """
    from mbegu.builds import commands
    from mbegu.errors import BadInput

    called = commands.of_stages("expand", "study")
    known = list(dict.fromkeys(name for stage in called.values() for name in stage))
    unknown = [name for name in versions if name not in known]
    if unknown:
        there = ", ".join(known) or "none that are drafted from seeds"
        raise BadInput(f"plan: no version {', '.join(unknown)} in params.yaml; there are {there}.")
    if not known:
        click.echo("No version here is drafted from seeds, so there is nothing to forecast.")
    for name in versions or known:
        click.secho(name, bold=True)
        for stage in called.values():
            status = commands.run(f"{stage[name]} --plan") if name in stage else 0
            if status:
                raise SystemExit(status)
