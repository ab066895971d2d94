"""Built files as they were at another git revision, from the DVC cache."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mbegu.builds import declared
from mbegu.builds.git import git
from mbegu.builds.project import Project
from mbegu.errors import BadInput


@contextmanager
def at(rev: str | None, project: Project, paths: Sequence[Path]) -> Iterator[Project]:
    """The project itself, or one whose data is a temporary folder with these files of it as they were at `rev`.

    Raises:
        BadInput: no such revision, or a file that is neither in git nor in the DVC cache there.
    """
    if rev is None:
        yield project
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            copy = folder / path.relative_to(project.data)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(_read(path, rev))
        yield project._replace(data=Path(folder))


def _read(path: Path, rev: str) -> bytes:
    import dvc.api

    return bytes(_from_dvc(lambda: dvc.api.read(_from_top(path), repo=".", rev=rev, mode="rb"), f"{path} at {rev}"))


def params(project: Project, rev: str) -> dict[str, Any]:
    """The content of the project's params.yaml at `rev`.

    Raises:
        BadInput: no such revision, no params.yaml there, or one that can't be read.
    """
    return dict(declared.parse(_read(project.params, rev), f"{project.params} at {rev}"))


def built(project: Project, rev: str) -> dict[str, str]:
    """The hash of each output that the project's dvc.lock knows at `rev`, by path; none if it is not in git there."""
    try:
        lock = declared.parse(_read(project.lock, rev), f"{project.lock} at {rev}")
    except BadInput:
        return {}
    return {out["path"]: out["md5"] for stage in lock.get("stages", {}).values() for out in stage.get("outs", [])}


def check_version(version: str, project: Project, rev: str) -> None:
    """Raises BadInput unless the project's params.yaml declares this version at `rev`."""
    declared.check_names([version], "versions", params(project, rev), f"{project.params} at {rev}")


def models(project: Project, rev: str) -> list[str]:
    """The models that `rev` declares and has predictions of, in the order of its params.yaml.

    Raises:
        BadInput: no such revision, no predictions there, or no params.yaml.
    """
    from dvc.api import DVCFileSystem

    folder = project.predictions("").parent
    paths = _from_dvc(lambda: DVCFileSystem(".", rev=rev).find(_from_top(folder)), f"{folder} at {rev}")
    built = {Path(path).name for path in paths}
    return [name for name in declared.names(params(project, rev), "models") if f"{name}.jsonl" in built]


def _from_top(path: Path) -> str:
    """A path as the repository's root sees it, which is how DVC names files of another revision."""
    return (git("rev-parse", "--show-prefix") or "") + path.as_posix()


def _from_dvc(read: Callable[[], Any], what: str) -> Any:
    from dvc.exceptions import DvcException
    from scmrepo.exceptions import SCMError

    try:
        return read()
    except (DvcException, SCMError, OSError) as error:
        raise BadInput(
            f"{what}: {str(error).splitlines()[0].rstrip('.')}; name a commit that has it, or get its data with "
            "`dvc fetch --all-commits`."
        ) from None
