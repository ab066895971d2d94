"""Which chats a folder of exports holds, and what they are called."""

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import regex

from mbegu.errors import BadInput
from mbegu.sources.documents.documents import matches
from mbegu.sources.telegram.texts import tidy

WORDS = regex.compile(r"[\p{L}\p{N}\p{M}]+")
RESULT = "result"  # the stem of what Telegram Desktop writes


class Chat(NamedTuple):
    """A chat as its first export describes it."""

    file: str  # path below the folder of exports
    name: str | None
    kind: str | None  # its type, one of `settings.CHATS`
    number: int | None  # its id
    alone: bool = True  # no other chat in that file


def find(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """Paths below `folder` of exports, sorted: files that match a glob of `include` and none of `exclude`.

    Raises:
        BadInput: no such folder, or nothing in it matches.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder; put exports of Telegram Desktop there, or name another one.")
    walked = (Path(directory, name) for directory, _, files in os.walk(folder) for name in files)
    names = sorted(path.relative_to(folder).as_posix() for path in walked if path.is_file())
    found = [name for name in names if matches(name, include) and not matches(name, exclude)]
    if not found:
        raise BadInput(
            f"{folder}: none of its {len(names)} files matches {', '.join(include)}; export a chat of Telegram Desktop as JSON "
            f"and put its folder, with result.json, there, or change ingest_telegram.include."
        )
    return found


def chat(file: str, head: dict[str, Any]) -> Chat:
    """The chat whose keys these are; null, absent and unfit values are None."""
    name, kind, number = head.get("name"), head.get("type"), head.get("id")
    return Chat(
        file,
        tidy(name) or None if isinstance(name, str) else None,
        kind if isinstance(kind, str) else None,
        number if type(number) is int else None,
    )


def identity(chat: Chat, place: int) -> tuple[Any, ...]:
    """What two exports of one chat share. People, groups and channels are numbered apart; a public channel may turn private.

    Args:
        place: how many chats stand before it in its file, which tells chats without an id apart.
    """
    if chat.number is None:
        return chat.file, place
    kind = chat.kind or ""
    return next((name for name in ("channel", "supergroup", "group") if name in kind), "person"), chat.number


def keys(chats: Sequence[Chat]) -> list[str]:
    """A name for each chat, none twice: the folder's (or the file's) where it is alone in it, else its own without signs."""
    wanted = [_folder(chat) or _slug(chat) for chat in chats]
    often = Counter(wanted)
    found: list[str] = []
    for chat, name in zip(chats, wanted, strict=True):
        key = name if often[name] == 1 or chat.number is None else f"{name}_{abs(chat.number)}"
        while key in found:
            key += "_"
        found.append(key)
    return found


def _folder(chat: Chat) -> str:
    path = PurePosixPath(os.fsencode(chat.file).decode("utf-8", "replace"))
    name = path.parent.name if path.stem == RESULT else path.stem
    return unicodedata.normalize("NFC", name) if chat.alone else ""


def _slug(chat: Chat) -> str:
    """Its name in letters and digits of any script."""
    return "_".join(WORDS.findall((chat.name or "").lower())) or chat.kind or "chat"
