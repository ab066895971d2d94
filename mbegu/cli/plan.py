"""Says what the next build would ask the teacher: each version's `expand` with `--plan`, as dvc.yaml calls it.

mbegu plan v3
"""

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.argument("versions", nargs=-1)
def main(versions: tuple[str, ...]) -> None:
    """Forecast what VERSIONS would ask the teacher, asking nobody.

    Rows, requests, tokens and time; of all versions by default.
    """
    from mbegu.builds import commands
    from mbegu.errors import BadInput

    expand = commands.of_stage("expand")
    unknown = [name for name in versions if name not in expand]
    if unknown:
        known = ", ".join(expand) or "none that are drafted from seeds"
        raise BadInput(f"plan: no version {', '.join(unknown)} in params.yaml; there are {known}.")
    if not expand:
        click.echo("No version here is drafted from seeds, so there is nothing to forecast.")
    for name in versions or expand:
        click.secho(name, bold=True)
        status = commands.run(f"{expand[name]} --plan")
        if status:
            raise SystemExit(status)
