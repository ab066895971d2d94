"""What git says of the folder that a command runs in."""

import subprocess


def git(*arguments: str) -> str | None:
    """The output of a `git` command without blanks at its end; None if it fails, or if there is no git."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8", check=False)
    except OSError:
        return None
    return done.stdout.rstrip() if done.returncode == 0 else None
