"""What is left over of versions, models and sources that params.yaml no longer declares: found, named, removed."""

import shutil
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, permutations
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds import declared
from mbegu.builds.lock import read_yaml
from mbegu.builds.project import DATA, METRICS, NONE, Project, sections
from mbegu.errors import BadInput

WRITTEN = ("seeds", "recordings", "reviews", "labels", "judgements", "exams")  # folders of data/ that people write
SHOWN = 4  # names in a note
FREE = "`dvc gc --all-branches --all-tags` frees what no branch and no tag uses any more"


class Leftovers(NamedTuple):
    """What no page, score or stage reads."""

    built: list[Path]  # files and folders, by path
    written: list[Path]  # by people
    stages: list[str]  # entries of dvc.lock that dvc.yaml no longer has
    names: list[str]  # to which these belong


def find(project: Project) -> Leftovers:
    """Looks for them in the folders whose files are named by version, model or source, and in dvc.lock.

    Raises:
        BadInput: no params.yaml, or a params.yaml, dvc.yaml or dvc.lock that is no YAML.
    """
    params = declared.read_params(project.params)
    stages = _stages(project, params)
    pages = [project.metrics / f"{name}.md" for name in _keys(stages, "conversations")]
    built = sorted([*_undeclared(project, params, written=False), *(page for page in pages if page.is_file())])
    written = sorted(_undeclared(project, params, written=True))
    names = [*(path.name.partition(".")[0] for path in (*built, *written)), *(stage.partition("@")[2] for stage in stages)]
    return Leftovers(built, written, stages, sorted(filter(None, set(names))))


def _undeclared(project: Project, params: Mapping[str, Any], written: bool) -> Iterator[Path]:
    """What stands in the folders of one kind under a name, up to one of its dots, that the folder's section does not declare."""
    folders: dict[Path, tuple[str, ...]] = {project.data / kind: sections(kind) for kind in DATA if (kind in WRITTEN) == written}
    if not written:
        folders |= {project.metrics / kind: named for kind, named in METRICS.items()}
        folders |= {folder: (section,) for folder, section in project.made().items()}
    for folder, named in folders.items():
        known = {_folded(name) for name in [NONE, *(name for section in named for name in declared.names(params, section))]}
        if folder == project.data / "judgements":  # people judge any two models
            known |= {f"{new}-{old}" for new, old in permutations(map(_folded, declared.names(params, "models")), 2)}
        for path in folder.iterdir() if folder.is_dir() else ():
            names = accumulate(_folded(path.name).split("."), "{}.{}".format)  # one of them may be v1.5
            if not path.name.startswith(".") and known.isdisjoint(names):
                yield path


def _folded(name: str) -> str:
    """A name as one of other bytes may be meant: macOS writes é in two characters."""
    return unicodedata.normalize("NFC", name)


def _stages(project: Project, params: Mapping[str, Any]) -> list[str]:
    """Entries of dvc.lock, in its order, that dvc.yaml no longer has; one of a form that is not ours is left alone."""
    pipeline, lock = (read_yaml(path) for path in (project.lock.with_name("dvc.yaml"), project.lock))
    made = pipeline.get("stages") or {}
    return [name for name in lock.get("stages") or {} if not _is_made(name, made, params)]


def _is_made(entry: str, stages: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    name, at, key = entry.partition("@")
    stage = stages.get(name)
    each = stage.get("foreach", stage.get("matrix")) if isinstance(stage, dict) else None
    if stage is None or (each is not None) != bool(at):
        return False
    section = each[2:-1] if isinstance(each, str) and each.startswith("${") else ""
    return section not in params or key in declared.names(params, section)


def _keys(stages: Sequence[str], name: str) -> list[str]:
    return [stage.removeprefix(f"{name}@") for stage in stages if stage.startswith(f"{name}@")]


def note(found: Leftovers) -> list[str]:
    """One line that names them and what removes them; none if there are none."""
    files = len(found.built) + len(found.written)
    if not files and not found.stages:
        return []
    parts = [f"{files} files and folders" if files else "", f"{len(found.stages)} entries of dvc.lock" if found.stages else ""]
    names = ", ".join(found.names[:SHOWN]) + (" …" if len(found.names) > SHOWN else "")
    whose = f" ({names})" if names else ""
    return [
        f"Note: {' and '.join(filter(None, parts))} are left over of what params.yaml does not declare{whose}; "
        "nothing reads them. `mbegu tidy` lists and removes them."
    ]


def size(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    if path.is_dir() and not path.is_symlink():
        return sum(size(part) for part in path.iterdir())
    return path.lstat().st_size


def remove(paths: Sequence[Path], stages: Sequence[str], lock: Path) -> None:
    """Removes files, folders and entries of dvc.lock, whose other entries stay as they are to the byte.

    Raises:
        BadInput: DVC is at work in this project, or its lock file can't be taken.
    """
    from dvc.exceptions import DvcException
    from dvc.lock import LockError
    from dvc.repo import Repo
    from dvc.utils.serialize import modify_yaml

    try:
        with Repo(str(lock.parent)) as repo, repo.lock:
            if stages:
                with modify_yaml(str(lock)) as content:
                    for stage in stages:
                        del content["stages"][stage]
            for path in paths:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    except LockError:
        raise BadInput(f"{lock.parent}: another dvc is at work here; wait until it has ended.") from None
    except DvcException as error:
        raise BadInput(f"{lock.parent}: {' '.join(str(error).split())}; run this in a project's folder.") from None
