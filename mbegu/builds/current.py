"""Whether a project's build is current: whether dvc.lock was made by today's commands, settings, code and inputs.

`dvc status` asks for everything that was built to be there, and always names a stage that always runs; in a clone, where CI
looks, neither tells anything. So what is not there is left out here, and code is compared by fingerprints taken now.
"""

import hashlib
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mbegu.builds.fingerprints import fingerprints
from mbegu.errors import BadInput

FINGERPRINT = "fingerprint"  # the stage whose outs are taken anew


def out_of_date(folder: Path) -> list[str] | None:
    """The stages of a project that a build would run for a cause of their own, in the order of dvc.yaml; others may follow.

    Returns:
        None if nothing was built yet.

    Raises:
        BadInput: DVC can't read the project.
    """
    if not (folder / "dvc.lock").is_file():
        return None
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(folder)) as repo:
            stages = [stage for stage in repo.index.stages if belongs(stage, folder)]
            code = _code(stages)
            made = {str(out.fs_path): out for stage in repo.index.stages for out in stage.outs}
            return [stage.name for stage in stages if stage.name != FINGERPRINT and any(_changes(stage, made, code))]
    except DvcException as error:
        raise BadInput(f"{folder}: {' '.join(str(error).split())}; run this in the folder of a dvc.yaml.") from None


def sentence(stale: list[str] | None) -> str:
    """What a build would do, of what `out_of_date` says; "" if nothing."""
    if stale is None:
        return "not built yet; `dvc repro` builds it."
    return f"out of date: {', '.join(stale)}, and what follows; `dvc repro` builds it." if stale else ""


def belongs(stage: Any, folder: Path) -> bool:
    """Whether a stage of a repository stands in the dvc.yaml of this folder."""
    return Path(stage.path).resolve() == (folder / "dvc.yaml").resolve()


def _code(stages: list[Any]) -> dict[str, str]:
    """MD5 of the fingerprint of each script as it would be taken now, by the path of the file that holds it."""
    spec = find_spec("mbegu")
    assert spec is not None and spec.origin is not None
    paths = [Path(dep.fs_path) for stage in stages for dep in stage.deps if _is_code(dep)]
    homes = {path.parents[2] for path in paths}
    return {
        str(home / "data/fingerprints" / name): hashlib.md5(lines.encode(), usedforsecurity=False).hexdigest()
        for home in homes
        for name, lines in fingerprints(home / "stages", Path(spec.origin).parent).items()
    }


def _is_code(dep: Any) -> bool:
    path = Path(dep.fs_path or "")
    return path.parent.name == "fingerprints" and path.parent.parent.name == "data"


def _changes(stage: Any, made: Mapping[str, Any], code: Mapping[str, str]) -> Iterator[bool]:
    """Whether the command, a dependency or an output is not what dvc.lock says, one after the other."""
    yield stage.changed_stage()
    for dep in stage.deps:
        path = str(dep.fs_path)
        if path in code:
            yield dep.hash_info.value != code[path]
        elif path in made and not dep.exists:  # of which dvc.lock says what it was made of and what came out
            yield dep.hash_info != made[path].hash_info
        elif not _is_partly_missing(path, made):
            yield bool(dep.workspace_status())
    for out in stage.outs:
        yield not out.hash_info or (out.exists and bool(out.workspace_status()))


def _is_partly_missing(path: str, made: Mapping[str, Any]) -> bool:
    """Whether it is a folder, or a place in one, of which some outs were not fetched."""
    return any(not out.exists and (Path(path) in Path(place).parents or path == place) for place, out in made.items())
