"""Builds several configurations as DVC experiments, puts them in one table and plot, and names the best.

In: configurations of keys of params.yaml. Out: sweep.md, sweep.csv, sweep.svg and sweep.png in metrics. Run it in the
pipeline's folder. Finished experiments are not run again, so that an interrupted sweep continues.

    python ../../stages/sweep.py --grid sweep.yaml --version v1
    python ../../stages/sweep.py --grid sweep.yaml --version v1 --promote
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mbegu.command import Stage

if TYPE_CHECKING:
    from mbegu.builds.experiments import Experiment
    from mbegu.builds.grid import Grid
    from mbegu.builds.sweep import Result


@click.command(cls=Stage)
@click.option("--grid", "path", type=click.Path(path_type=Path), required=True, help="The configurations, a YAML file.")
@click.option("--version", required=True, help="The version that is built with each of them.")
@click.option("--out", type=click.Path(path_type=Path), default="metrics", show_default=True, help="Folder of table and plot.")
@click.option("--force", is_flag=True, help="Queue finished configurations again; DVC restores the stages that it can.")
@click.option("--promote", is_flag=True, help="Build with the best configuration's params, and leave them in params.yaml.")
def main(path: Path, version: str, out: Path, force: bool, promote: bool) -> None:
    """Compare configurations of a build."""
    from mbegu.builds import experiments, grid
    from mbegu.errors import BadInput

    params = grid.read_params(Path("params.yaml"))
    grid = grid.read_grid(path, params)
    if version not in params.get("versions", {}):
        raise BadInput(f"--version {version}: params.yaml has no such version; name one of its versions.")
    target = f"score@{version}"
    wanted = {name: grid.merged(params, grid.fixed | values) for name, values in grid.configurations.items()}
    found = {} if force and not promote else experiments.find(target, wanted)
    missing = [name for name in wanted if name not in found]
    if promote:
        if missing:
            raise BadInput(f"{', '.join(missing)}: not built on what is here now; run this without --promote first.")
        _promote(grid, _results(found, grid, wanted, version))
        return
    for name in [name for name in wanted if name in found]:
        click.echo(f"{name}: built before, from the same inputs and params")
    logs = _build(missing, grid, target) if missing else {}
    found = experiments.find(target, wanted)
    failed = [name for name in wanted if name not in found]
    for name in failed:
        click.echo(f"\n{name} failed; its log ends with:\n{logs.get(name) or 'nothing: see `dvc queue logs`'}", err=True)
    if found:
        _show(_results(found, grid, wanted, version), found, failed, grid, version, out)
        without = ", without what is fixed for the sweep" if grid.fixed else ""
        click.echo(f"To build with the best{without}: python {_script()} --grid {path} --version {version} --promote")
    if failed:
        raise BadInput(f"{len(failed)} of {len(wanted)} configurations failed: {', '.join(failed)}; mend them, run this again.")


def _script() -> str:
    import os

    return os.path.relpath(__file__)


def _build(names: list[str], grid: "Grid", target: str) -> dict[str, str]:
    """Runs configurations through DVC's queue; the last lines of each one's log."""
    from mbegu.builds import queue
    from mbegu.builds.experiments import opened
    from mbegu.builds.grid import arguments
    from mbegu.outputs import sole_writer

    with opened() as repo:
        work = Path(repo.tmp_dir, "sweep")
    values = {name: arguments(grid.fixed | grid.configurations[name]) for name in names}
    with sole_writer(work), queue.interruptible():
        return queue.run(target, values, click.echo)


def _results(found: dict[str, "Experiment"], grid: "Grid", wanted: dict[str, Any], version: str) -> list["Result"]:
    """In the order of the grid."""
    from mbegu.builds import experiments, grid, sweep

    results = []
    for name in [name for name in wanted if name in found]:
        values = grid.flat(wanted[name])
        swept = {key: values[key] for key in grid.swept(grid)}
        files = [f"metrics/train/{version}/validation.csv", f"data/scores/{version}.jsonl"]
        curve, rows = (experiments.read(found[name].rev, Path(file)) for file in files)
        results.append(sweep.from_files(name, swept, curve, rows))
    return results


def _show(
    results: list["Result"], found: dict[str, "Experiment"], failed: list[str], grid: "Grid", version: str, out: Path
) -> None:  # fmt: skip
    import vl_convert

    from mbegu.builds import experiments, sweep
    from mbegu.outputs import whole
    from mbegu.rows.tables import write_csv, write_text

    text, chart, lines = sweep.page(results, grid.fixed, failed), sweep.chart(results), sweep.series(results)
    write_text(out / "sweep.md", text)
    write_csv(out / "sweep.csv", lines[0], lines[1:])
    write_text(out / "sweep.svg", vl_convert.vegalite_to_svg(chart))
    with whole(out / "sweep.png") as temporary:
        temporary.write_bytes(vl_convert.vegalite_to_png(chart, scale=2))
    baselines = sorted({experiment.baseline for experiment in found.values()})
    columns = [*results[0].params, *sweep.METRICS]
    click.echo(f"\n{experiments.show(baselines, ['params.yaml', f'metrics/score/{version}.json'], columns)}")
    click.echo(f"{text}\nTable: {out}/sweep.md and {out}/sweep.csv, plot: {out}/sweep.svg and {out}/sweep.png")


def _promote(grid: "Grid", results: list["Result"]) -> None:
    import shlex

    from mbegu.builds import experiments, grid, sweep

    chosen = sweep.best(results)
    command = ["exp", "run", *grid.arguments(grid.configurations[chosen.name])]
    click.echo(f"{chosen.name} has the lowest validation loss: dvc {shlex.join(command)}")
    if experiments.dvc(*command).returncode:
        raise SystemExit(1)
    click.echo(f"Built with {chosen.name}, whose params are in params.yaml now; commit it with dvc.lock and metrics.")


if __name__ == "__main__":
    main()
