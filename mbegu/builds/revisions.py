"""Built files as they were at another git revision, from the DVC cache."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def names(folder: Path, rev: str) -> list[str]:
    """Names, without `.jsonl`, of the files of rows that a folder had at `rev`.

    Raises:
        BadInput: no such revision, or no such folder there.
    """
    from dvc.api import DVCFileSystem

    paths = _from_dvc(lambda: DVCFileSystem(".", rev=rev).find(_from_top(folder)), f"{folder} at {rev}")
    return [Path(path).stem for path in paths if path.endswith(".jsonl")]


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
