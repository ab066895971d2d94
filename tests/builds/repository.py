"""A small repository of git and DVC, in which nothing has to be built."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def git(*arguments: str) -> str:
    """Runs git in the working directory."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def start() -> None:
    """Makes the working directory one."""
    from dvc.repo import Repo

    git("init", "-q")
    Repo.init(".").close()


def commit(files: Mapping[str, str]) -> str:
    """Writes files and commits all; the commit's hash."""
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "Changed")
    return git("rev-parse", "HEAD")
