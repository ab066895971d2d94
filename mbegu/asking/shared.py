"""A memo that several machines share: a folder of files, Redis or Postgres. Values are JSON, so that reading one can't run code.

`files:/mnt/team/memo` holds a file an answer, whole or not there, which any network file system can; SQLite, in which the memo of
one machine lies, can't be shared so. A database that goes away in mid-run loses nothing: what is answered from then on is put
aside on this machine, and the next run hands it over.
"""

import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from tqdm import tqdm

from mbegu.command import warn
from mbegu.errors import BadInput

Place: TypeAlias = Path | str  # a folder of this machine, or an address
ASIDE = Path(".mbegu/aside")  # below the folder where the build runs, as the memo of one machine is
PASSWORD = "MBEGU_MEMO_PASSWORD"
KINDS = ("files", "redis", "rediss", "postgres", "postgresql")


class Gone(Exception):
    """A database does not answer."""


class Store(NamedTuple):
    """Texts by key. Each function raises Gone where the place does not answer."""

    read: Callable[[str], str | None]
    write: Callable[[str, str], None]
    keys: Callable[[], Iterator[str]]
    close: Callable[[], None]


class Shared:
    """What `asking.memo` needs of a memo: values by key."""

    def __init__(self, place: str, store: Store) -> None:
        self.place, self.store, self.aside = place, store, files(ASIDE)
        self.gone = ""  # why nothing can be read of it any more

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default if there is none.

        Raises:
            ValueError: what is there is no JSON.
            BadInput: the place does not answer.
        """
        if self.gone:
            raise BadInput(_lost(self.place, self.gone))
        try:
            text = self.store.read(key)
        except Gone as error:
            raise BadInput(_lost(self.place, str(error))) from None
        return default if text is None else json.loads(text)

    def __setitem__(self, key: str, value: Any) -> None:
        text = json.dumps(value)
        if not self.gone:
            try:
                return self.store.write(key, text)
            except Gone as error:
                self.gone = str(error)
                said = f"{self.place}: the memo went away ({error}); answers go to {ASIDE}, the next run hands them over."
                tqdm.write(f"Warning: {said}", file=sys.stderr)  # above the bar
        ASIDE.mkdir(parents=True, exist_ok=True)
        try:
            self.aside.write(key, text)
        except Gone as error:
            raise BadInput(f"memo: {self.place} went away ({self.gone}), and {ASIDE} takes no answer either ({error}).") from None

    def __getitem__(self, key: str) -> Any:
        found = self.get(key, self)
        if found is self:
            raise KeyError(key)
        return found

    def keys(self) -> Iterator[str]:
        """Every key, in no order."""
        try:
            yield from self.store.keys()
        except Gone as error:
            raise BadInput(_lost(self.place, str(error))) from None


def is_shared(place: Place) -> bool:
    """Whether a memo is no folder of this machine alone."""
    return str(place).partition(":")[0] in KINDS


@contextmanager
def shared(place: str) -> Iterator[Shared]:
    """Opens a memo that others may have open too; hands over what was put aside while it was away.

    Raises:
        BadInput: it does not answer, its address is none or holds a password, or a package for it is not installed.
    """
    try:
        store = _opened(place)
    except Gone as error:
        raise BadInput(f"memo: {place} does not answer ({error}); start it, or set `memo` to .mbegu/memo.") from None
    try:
        _hand_over(place, store)
        yield Shared(place, store)
    finally:
        store.close()


def _opened(place: str) -> Store:
    kind, _, rest = place.partition(":")
    if kind == "files":
        folder = Path(rest.removeprefix("//"))
        if not rest or not folder.parent.is_dir():
            raise BadInput(f"memo: {place}: there is no folder {folder.parent}; mount it, or name another: files:/mnt/team/memo.")
        folder.mkdir(exist_ok=True)
        return files(folder)
    if ":" in place.partition("//")[2].rpartition("@")[0] or "password=" in place:
        raise BadInput(f"memo: the address of the {kind} memo holds a password; leave it out and export {PASSWORD}.")
    password = os.environ.get(PASSWORD) or None
    if kind.startswith("redis"):
        from mbegu.asking import shared_redis

        return shared_redis.store(place, password)
    from mbegu.asking import shared_postgres

    return shared_postgres.store(place, password)


def files(folder: Path) -> Store:
    """A folder of files, each an answer; 256 folders, so that none holds too many."""

    def path(key: str) -> Path:
        return folder / key[:2] / f"{key}.json"

    def read(key: str) -> str | None:
        try:
            return path(key).read_text(encoding="utf-8")
        except FileNotFoundError:
            if not folder.is_dir():
                raise Gone("the folder is gone") from None
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Gone(str(error)) from None

    def write(key: str, text: str) -> None:
        new = path(key).with_name(f".{key}.{uuid.uuid4().hex}.tmp")  # of nobody else, on any machine
        try:
            new.parent.mkdir(exist_ok=True)  # not the folder itself, which is gone with its mount
            new.write_text(text, encoding="utf-8")
            new.replace(path(key))
        except OSError as error:
            raise Gone(str(error)) from None

    def keys() -> Iterator[str]:
        return (one.stem for one in folder.glob("*/*.json"))

    return Store(read, write, keys, lambda: None)


def put_aside() -> Iterator[tuple[str, str]]:
    """Keys and texts that are put aside on this machine; each is deleted once the next is asked for."""
    aside = files(ASIDE)
    for key in sorted(aside.keys()):
        if (text := aside.read(key)) is not None:  # another run may take it over at the same time
            yield key, text
        (ASIDE / key[:2] / f"{key}.json").unlink(missing_ok=True)


def _hand_over(place: str, store: Store) -> None:
    handed = 0
    try:
        for key, text in put_aside():
            store.write(key, text)
            handed += 1
    except Gone as error:
        raise BadInput(_lost(place, str(error))) from None
    if handed:
        warn(f"{place}: took over {handed} answers that were put aside in {ASIDE}.")


def _lost(place: str, why: str) -> str:
    return (
        f"memo: {place} went away ({why}); no answer is lost, those that it does not have are in {ASIDE}. "
        "Start it, then run `dvc repro` again to go on."
    )
