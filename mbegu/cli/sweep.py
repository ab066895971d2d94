"""Builds several configurations as DVC experiments, puts them in one table and plot, and names the best.

In: configurations of keys of params.yaml. Out: sweep.md, sweep.csv, sweep.svg and sweep.png in metrics. Run it in the
pipeline's folder. Finished experiments are not run again, so that an interrupted sweep continues.

    mbegu sweep --grid sweep.yaml --version v1
    mbegu sweep --grid sweep.yaml --version v1 --promote
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mbegu.command import Stage
from mbegu.errors import BadInput
from mbegu.sections import path

if TYPE_CHECKING:
    from mbegu.builds.experiments import Experiment
    from mbegu.builds.trials import Trials


@click.command(cls=Stage)
@path("--grid", "The configurations, a YAML file.")
@click.option("--version", required=True, help="The version that is built with each of them.")
@path("--out", "Folder of table and plot.", "metrics")
@click.option("--force", is_flag=True, help="Queue finished configurations again; DVC restores the stages that it can.")
@click.option("--promote", is_flag=True, help="Build with the best configuration's params, and leave them in params.yaml.")
def main(grid: Path, version: str, out: Path, force: bool, promote: bool) -> None:
    """Compare configurations of a build."""
    from mbegu.builds import trials
    from mbegu.builds.declared import read_params
    from mbegu.builds.grid import read_grid

    params = read_params(Path("params.yaml"))
    wanted = trials.trials(read_grid(grid, params), version, params)
    if version not in params.get("versions", {}):
        raise BadInput(f"--version {version}: params.yaml has no such version; name one of its versions.")
    found = {} if force and not promote else trials.find(wanted)
    if promote:
        _promote(wanted, found)
    else:
        _compare(wanted, found, grid, out)


def _compare(wanted: "Trials", found: dict[str, "Experiment"], grid: Path, out: Path) -> None:
    from mbegu.builds import trials

    for name in [name for name in wanted.params if name in found]:
        click.echo(f"{name}: built before, from the same inputs and params")
    missing = [name for name in wanted.params if name not in found]
    logs = trials.build(wanted, missing, click.echo) if missing else {}
    found = trials.find(wanted)
    failed = [name for name in wanted.params if name not in found]
    for name in failed:
        click.echo(f"\n{name} failed; its log ends with:\n{logs.get(name) or 'nothing: see `dvc queue logs`'}", err=True)
    if found:
        _show(wanted, found, failed, out)
        without = ", without what is fixed for the sweep" if wanted.grid.fixed else ""
        click.echo(f"To build with the best{without}: mbegu sweep --grid {grid} --version {wanted.version} --promote")
    if failed:
        count = f"{len(failed)} of {len(wanted.params)}"
        raise BadInput(f"{count} configurations failed: {', '.join(failed)}; mend them, run this again.")


def _show(wanted: "Trials", found: dict[str, "Experiment"], failed: list[str], out: Path) -> None:
    from mbegu.builds import experiments, sweep, trials
    from mbegu.builds.declared import read_params
    from mbegu.builds.project import Project
    from mbegu.outputs import whole
    from mbegu.pages import charts
    from mbegu.rows.tables import write_csv, write_text

    outcomes = trials.outcomes(wanted, found)
    again = trials.again(outcomes, read_params(Project().params))
    text, lines = sweep.page(outcomes, wanted.grid.fixed, failed, again), sweep.series(outcomes)
    labels = list(sweep.labels(outcomes).values())
    chart = charts.svg(charts.sweep_chart(sweep.losses(outcomes), sweep.intervals(outcomes), labels))
    write_text(out / "sweep.md", text)
    write_csv(out / "sweep.csv", lines[0], lines[1:])
    write_text(out / "sweep.svg", chart)
    with whole(out / "sweep.png") as temporary:
        temporary.write_bytes(charts.png(chart))
    baselines = sorted({experiment.baseline for experiment in found.values()})
    files = [str(path) for path in (Project().params, Project().score(wanted.version))]
    columns = [*outcomes[0].params, *sweep.METRICS]
    click.echo(f"\n{experiments.show(baselines, files, columns)}")
    click.echo(f"{text}\nTable: {out}/sweep.md and {out}/sweep.csv, plot: {out}/sweep.svg and {out}/sweep.png")


def _promote(wanted: "Trials", found: dict[str, "Experiment"]) -> None:
    from mbegu.builds import sweep, trials

    missing = [name for name in wanted.params if name not in found]
    if missing:
        raise BadInput(f"{', '.join(missing)}: not built on what is here now; run this without --promote first.")
    chosen = sweep.best(trials.outcomes(wanted, found))
    if trials.promote(wanted, chosen, click.echo):
        raise SystemExit(1)
    click.echo(f"Built with {chosen.name}, whose params are in params.yaml now; commit it with dvc.lock and metrics.")
