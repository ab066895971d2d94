"""Outputs appear whole or not at all, and a stage has one writer and no orphan.

DVC deletes a stage's outputs before it runs, and a killed `dvc` leaves the stage's process alive;
a second `dvc repro` would then start a second writer beside it. So a slow stage dies with its
parent, holds a lock on its work folder, and everything is published by rename.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mbegu.errors import BadInput

PR_SET_PDEATHSIG = 1  # linux/prctl.h


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path` to write a file or a folder at; renames it when the block ends well.

    The temporary name is fixed (`.NAME.tmp`, ignored by DVC), so what a killed run left is replaced by the next. Folders on the
    way are made, and taken away again if they were for nothing.
    """
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.tmp"
    _remove(temporary)
    try:
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        with suppress(OSError):  # another output may stand there by now
            for folder in made:
                folder.rmdir()
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def die_with_dvc() -> None:
    """Asks the kernel to kill this process when the `dvc` that started it dies (Linux; elsewhere the lock must do).

    Does nothing outside DVC: a stage started by hand under `nohup` outlives its shell. The commands in dvc.yaml
    begin with `exec`, as some shells (dash) would else stand between `dvc` and the stage and outlive the former.
    """
    if "DVC_STAGE" in os.environ and sys.platform == "linux":
        _die_with_parent()
        if not _started_by_dvc(os.getppid()):  # it died before we could ask
            os._exit(1)


def die_with(parent: int) -> None:
    """Asks the kernel to kill this process when the one that started it dies, whose id is given (Linux)."""
    if sys.platform == "linux":
        _die_with_parent()
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _started_by_dvc(parent: int) -> bool:
    """Whether the parent is `dvc`, or a shell in which it runs a stage or `mbegu`; an orphan's new parent is neither."""
    try:
        command = Path(f"/proc/{parent}/cmdline").read_bytes()
    except OSError:
        return False
    return any(name in command for name in (b"dvc", b"stages/", b"mbegu"))


@contextmanager
def sole_writer(folder: Path) -> Iterator[Path]:
    """Creates `folder` and holds an exclusive lock on it, released by the kernel however this process ends.

    Raises:
        BadInput: another live process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(f"{folder}: another run of this stage is still writing here; wait for it or stop it.") from None
        yield folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Creates `folder`, and waits until no other process or thread changes files of it by this lock: for what reads a file and
    writes it again. The lock is on the folder itself, so that no file is left, and not to be taken twice."""
    folder.mkdir(parents=True, exist_ok=True)
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)
