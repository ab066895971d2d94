"""What git says of a folder."""

import subprocess
from pathlib import Path


def git(*arguments: str, folder: Path | None = None) -> str | None:
    """The output of a `git` command, in the working directory if no folder is named, without blanks at its end; None if it
    fails, or if there is no git."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=False)
    except OSError:
        return None
    return done.stdout.rstrip() if done.returncode == 0 else None
