"""Says what the next build would ask the teacher: each version's `expand` with `--plan`, as dvc.yaml calls it.

python stages/plan.py v3
"""

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.argument("versions", nargs=-1)
def main(versions: tuple[str, ...]) -> None:
    """Forecast rows, requests, tokens and time of VERSIONS (all by default), asking nobody anything."""
    import subprocess

    from dvc.repo import Repo

    from mbegu.errors import BadInput

    with Repo(".") as repo:
        commands = {stage.name.partition("@")[2]: stage.cmd for stage in repo.index.stages if stage.name.startswith("expand@")}
    unknown = [name for name in versions if name not in commands]
    if unknown:
        raise BadInput(f"plan: no version {', '.join(unknown)} in params.yaml; there are {', '.join(commands)}.")
    for name in versions or commands:
        click.secho(name, bold=True)
        done = subprocess.run(f"{commands[name]} --plan", shell=True, check=False)  # the command that DVC would run
        if done.returncode:
            raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
