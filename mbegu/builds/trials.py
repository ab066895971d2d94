"""A grid's configurations as DVC experiments of one version: which are built, the others built, what came out, the best kept."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds import comparing, experiments, queue, sweep
from mbegu.builds.experiments import Experiment
from mbegu.builds.grid import Grid, arguments, flat, merged, swept
from mbegu.builds.project import Project
from mbegu.builds.sweep import Outcome
from mbegu.outputs import sole_writer
from mbegu.scoring.measures import Measures
from mbegu.scoring.scores import read_measures


class Trials(NamedTuple):
    """What is to be built."""

    grid: Grid
    version: str
    params: dict[str, dict[str, Any]]  # content of params.yaml by configuration


def trials(grid: Grid, version: str, params: Mapping[str, Any]) -> Trials:
    """The configurations of a grid over the content of params.yaml."""
    return Trials(grid, version, {name: merged(params, grid.fixed | values) for name, values in grid.configurations.items()})


def find(wanted: Trials) -> dict[str, Experiment]:
    """The experiments that are finished, by configuration."""
    return experiments.find(f"score@{wanted.version}", wanted.params)


def build(wanted: Trials, names: Sequence[str], say: Callable[[str], None]) -> dict[str, str]:
    """Runs configurations through DVC's queue; the last lines of each one's log.

    Raises:
        BadInput: another sweep runs, or no worker of the queue starts.
    """
    with experiments.opened() as repo:
        work = Path(repo.tmp_dir, "sweep")
    values = {name: arguments(wanted.grid.fixed | wanted.grid.configurations[name]) for name in names}
    with sole_writer(work), queue.interruptible():
        return queue.run(f"score@{wanted.version}", values, say)


def outcomes(wanted: Trials, found: Mapping[str, Experiment]) -> list[Outcome]:
    """What came out of those that are finished, in the order of the grid.

    Raises:
        BadInput: an experiment has lost a file, or one is broken.
    """
    return [_outcome(wanted, name, found[name].rev) for name in wanted.params if name in found]


def _outcome(wanted: Trials, name: str, rev: str) -> Outcome:
    values = flat(wanted.params[name])
    project = Project()
    paths = project.curve(wanted.version, "validation"), project.measures(wanted.version), project.heldout()
    curve, rows, heldout = (experiments.read(rev, path) for path in paths)
    return sweep.from_files(name, {key: values[key] for key in swept(wanted.grid)}, curve, rows, heldout)


def again(outcomes: Sequence[Outcome], params: Mapping[str, Any]) -> list[list[list[Measures]]]:
    """Measures of each version that was trained more than once and scored here, on the held-out rows of these outcomes."""
    found = []
    for names in comparing.trainings(params):
        paths = [path for name in names if (path := Project().measures(name)).is_file()]
        read = [read_measures(path) for path in paths]
        found.append([measures for ids, measures in read if ids == outcomes[0].ids])
    return [version for version in found if len(version) > 1]


def promote(wanted: Trials, chosen: Outcome, say: Callable[[str], None]) -> int:
    """Builds with a configuration's values, which stay in params.yaml; the exit status of `dvc`.

    Args:
        say: gets the command, before it runs.
    """
    command = ["exp", "run", *arguments(wanted.grid.configurations[chosen.name])]
    say(f"{chosen.name} has the lowest validation loss: dvc {shlex.join(command)}")
    return experiments.dvc(*command).returncode
