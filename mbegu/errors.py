"""The one exception that a user is meant to read."""

import errno

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
# safetensors, SQLite and torch wrap the errno in exceptions and sentences of their own
DISK_SENTENCES = ("No space left on device", "database or disk is full", "disk I/O error", "PytorchStreamWriter failed")


class BadInput(Exception):
    """Something the user gave is wrong. The message says what, where, what was expected, what to do."""


def disk_problem(error: Exception) -> str | None:
    """The sentence to show if `error` means a full, read-only or forbidden disk, else None."""
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        problem = f"{error.filename or 'output'}: {error.strerror}"
    else:
        problem = next((sentence for sentence in DISK_SENTENCES if sentence in str(error)), "")
    return f"{problem}; nothing was published. Free the disk or mend its rights, then run it again." if problem else None
