"""What can be read of a memo whose bytes have changed on the disk, and what tells that from a disk that is full."""

import json
import pickle
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import diskcache

DATABASE = "cache.db"
# what reading an entry that is no longer whole may raise; pickle's, as one byte says in which form a value is kept
ROT = (zlib.error, ValueError, TypeError, OSError, pickle.UnpicklingError)
# what SQLite says of a file that is no database, or of one that contradicts itself; all else is of the disk, or of a lock
BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_SCHEMA}


def is_broken(error: Exception) -> bool:
    """Whether an error comes from a database's bytes: some have no code, such as that a name is no UTF-8."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in BROKEN


def problem(folder: Path) -> str | None:
    """What is wrong with the structure of a memo's database; None if nothing is, or if there is none yet.

    A tenth of a second for 50,000 answers.
    """
    if not (folder / DATABASE).is_file():
        return None
    with open(folder / DATABASE, "rb") as file:
        header = file.read(20)
    # sqlite.org/fileformat.html, 1.3.3: a later format, which may be read and not written
    if header.startswith(b"SQLite format 3\0") and header[18:] > b"\2\2":
        return "its header is of no known format"
    try:
        with closing(sqlite3.connect(folder / DATABASE, timeout=60)) as database:
            (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        if not is_broken(error):
            raise
        return str(error)
    return None if found == "ok" else " ".join(found.split())


def put_aside(folder: Path) -> Path:
    """Renames a memo, so that nothing of it is lost; gives its new name."""
    number = 1
    while (aside := folder.with_name(f"{folder.name}.broken-{number}")).exists():
        number += 1
    return folder.rename(aside)


def keys(folder: Path) -> Iterator[str]:
    """Every key that can be read, in no order."""
    for (key,) in _rows(folder, "key"):
        try:
            yield json.loads(zlib.decompress(key))
        except ROT:
            continue


def values(folder: Path) -> Iterator[Any]:
    """Every value that can be read, in no order; some may come twice."""
    disk = diskcache.JSONDisk(str(folder))
    for mode, name, value in _rows(folder, "mode, filename, value"):
        try:
            yield disk.fetch(mode, name.decode() if isinstance(name, bytes) else None, value, False)
        except ROT:
            continue


def _rows(folder: Path, columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows from the first up to a broken page, and if there is one, from the last down to one."""
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.text_factory = bytes
        for order in ("ASC", "DESC"):
            try:
                yield from database.execute(f"SELECT {columns} FROM Cache ORDER BY rowid {order}")
                return
            except (sqlite3.DatabaseError, UnicodeDecodeError):  # the latter of what SQLite quotes from a broken schema
                continue
