"""DVC experiments: which were run, and what they built."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds.commands import environment
from mbegu.builds.fingerprints import closure
from mbegu.builds.git import git
from mbegu.errors import BadInput
from mbegu.text import markdown

FINGERPRINTS = "fingerprints"  # the folder of what stages depend on in place of their code


class Experiment(NamedTuple):
    """A finished experiment."""

    rev: str  # its commit
    baseline: str  # the commit that it started from


def dvc(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Runs the `dvc` of this Python."""
    return subprocess.run([sys.executable, "-m", "dvc", *arguments], env=environment(), text=True, check=False, **settings)


def checked(*arguments: str) -> str:
    """The output of a `dvc` command.

    Raises:
        BadInput: it failed; the message is DVC's own.
    """
    done = dvc(*arguments, capture_output=True)
    if done.returncode:
        said = [line for line in done.stderr.split("\n") if line.startswith("ERROR: ")] or [done.stderr]
        raise BadInput(f"dvc {arguments[0]} {arguments[1]}: {' '.join(said[0].removeprefix('ERROR: ').split())}")
    return done.stdout


@contextmanager
def opened() -> Iterator[Any]:
    """The DVC repository around the working directory.

    Raises:
        BadInput: there is none, or none with a commit.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from scmrepo.exceptions import SCMError

    try:
        repo = Repo()
        repo.scm.get_rev()
    except (DvcException, SCMError) as error:
        said = " ".join(str(error).split())
        raise BadInput(f"{Path.cwd()}: {said}; run this in a repository of git and DVC, with a commit.") from None
    with repo:
        yield repo


def find(target: str, wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, Experiment]:
    """The finished experiments, by name, that were run with the wanted content of params.yaml and on the inputs of the
    target's stages as they are now; of any commit, so that an edit elsewhere runs nothing again.

    Args:
        wanted: content of params.yaml by name of the experiment.
    """
    from dvc.repo.experiments.utils import exp_refs

    found: dict[str, Experiment] = {}
    with opened() as repo:
        head, inputs = repo.scm.get_rev(), _inputs(repo, target)
        for ref in sorted(exp_refs(repo.scm), key=lambda ref: (ref.baseline_sha != head, str(ref))):
            if ref.name in wanted and ref.name not in found:
                rev = str(repo.scm.get_ref(str(ref)))
                if _params(rev) == wanted[ref.name] and git("diff", "--quiet", rev, "--", *inputs) is not None:
                    found[ref.name] = Experiment(rev, ref.baseline_sha)
    return found


def _inputs(repo: Any, target: str) -> list[str]:
    """Files that the target's stages and those before them read and no stage writes, and the files that define them."""
    from dvc.dependency import ParamsDependency
    from dvc.exceptions import DvcException

    try:
        stages = repo.stage.collect(target, with_deps=True)
    except DvcException as error:
        raise BadInput(f"{target}: {error}; mend dvc.yaml, or run this in the folder of the pipeline.") from None
    built = {out.fs_path for stage in stages for out in stage.outs}
    # the stage of the fingerprints reads all code; of it, only what they are of is an input of the others
    stages = [stage for stage in stages if not any(Path(out.fs_path).name == FINGERPRINTS for out in stage.outs)]
    read = {dep.fs_path for stage in stages for dep in stage.deps if not isinstance(dep, ParamsDependency)}
    prints = {path for path in map(Path, read) if path.parent.name == FINGERPRINTS}
    code = {str(file) for path in prints for file in _code(path) if file.is_relative_to(repo.root_dir)}
    return sorted({stage.path for stage in stages} | (read - built - set(map(str, prints))) | code)


def _code(fingerprint: Path) -> list[Path]:
    """The files that `data/fingerprints/NAME` is the fingerprint of."""
    return closure(fingerprint.parents[2] / "stages" / f"{fingerprint.name}.py", Path(__file__).parents[1])


def _params(rev: str) -> dict[str, Any]:
    from dvc.utils.serialize import parse_yaml

    return dict(parse_yaml(git("show", f"{rev}:./params.yaml") or "", "params.yaml"))


def read(rev: str, path: Path) -> bytes:
    """A file of an experiment, from git or the DVC cache; `path` is relative to the working directory.

    Raises:
        BadInput: the experiment has no such file, or the cache has lost it.
    """
    import dvc.api
    from dvc.exceptions import DvcException

    root = Path(git("rev-parse", "--show-toplevel") or "")
    try:
        return bytes(dvc.api.read((Path.cwd() / path).relative_to(root).as_posix(), repo=str(root), rev=rev, mode="rb"))
    except (DvcException, OSError) as error:
        raise BadInput(f"{path} of experiment {rev[:7]}: {' '.join(str(error).split())}; run it again with --force.") from None


def show(baselines: Sequence[str], files: Sequence[str], columns: Sequence[str]) -> str:
    """`dvc exp show` of the experiments that started from these commits, in Markdown.

    Args:
        files: params and metrics files, relative to the working directory.
        columns: what is shown of them.
    """
    with opened() as repo:
        folder = Path.cwd().relative_to(repo.root_dir)
    # DVC puts the file before the name, relative to the repository, where two files have the same name
    places = "|".join(re.escape(f"{(folder / file).as_posix()}:") for file in files)
    kept = f"^(Experiment|State|({places})?({'|'.join(map(re.escape, columns))}))$"
    commits = [part for baseline in baselines for part in ("--rev", baseline)]
    shown = checked("exp", "show", "--no-pager", "--md", "--hide-workspace", "--drop", ".*", "--keep", kept, *commits)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in shown.split("\n") if line.startswith("| ")]
    return markdown.table([[re.sub(f"^({places})", "", cell) for cell in cells[0]], *cells[1:]])
