"""What a build was made of: git revision, hashes of the data, settings. Nothing in it depends on when or where."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from mbegu.builds.git import git

# What a build reads, code from the top of the repository; metrics and dvc.lock are written by it, so committing them must
# not change the revision.
INPUTS = ("dvc.yaml", "params.yaml", "data", "documents", ":/mbegu", ":/stages", ":/templates")


def revision(inputs: Sequence[str] = INPUTS, folder: Path | None = None) -> str:
    """The last commit that changed an input of the build, and whether there are changes since; "" outside git.

    Args:
        folder: of the project; None for the working directory.
    """
    commit = git("log", "-1", "--format=%H", "--", *inputs, folder=folder)
    if not commit:
        return ""
    changed = git("status", "--porcelain", "--", *inputs, folder=folder)
    return commit[:12] + (", with uncommitted changes" if changed else "")


def hashes(paths: Iterable[Path]) -> list[tuple[str, int, str]]:
    """Path, number of lines and SHA-256 of each file."""
    return [(str(path), *_lines_and_hash(path)) for path in paths]


def _lines_and_hash(path: Path) -> tuple[int, str]:
    content = path.read_bytes()
    return content.count(b"\n"), hashlib.sha256(content).hexdigest()
