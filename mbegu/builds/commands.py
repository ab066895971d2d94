"""The commands of a project's stages, as DVC would run them."""

import os
import subprocess
import sys
from pathlib import Path

from mbegu.errors import BadInput


def environment() -> dict[str, str]:
    """In which the programs of this Python come first, as the commands in dvc.yaml must find them."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def of_stage(name: str) -> dict[str, str]:
    """The command of each `NAME@KEY` of the working directory's dvc.yaml, by KEY.

    Raises:
        BadInput: no project here, or files that DVC can't read.
    """
    return of_stages(name)[name]


def of_stages(*names: str) -> dict[str, dict[str, str]]:
    """`of_stage` of several, which reads dvc.yaml once."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            stages = repo.stage.load_all("dvc.yaml")
    except DvcException as error:
        raise BadInput(f"{Path.cwd()}: {' '.join(str(error).split())}; run this in the folder of a dvc.yaml.") from None
    return {
        name: {stage.name.partition("@")[2]: stage.cmd for stage in stages if stage.name.startswith(f"{name}@")} for name in names
    }


def run(command: str, *, quiet: bool = False) -> int:
    """Runs a stage's command here, in a shell as DVC does; its exit status.

    Args:
        quiet: whether what it prints, errors aside, is kept back.
    """
    stdout = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, shell=True, check=False, env=environment(), stdout=stdout).returncode
