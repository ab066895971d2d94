"""The first pass: every message of an export is read, cleaned, sketched and put on disk."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mbegu.sources.telegram import chats, messages, sketches, slices, spool
from mbegu.sources.telegram.chats import Chat
from mbegu.sources.telegram.messages import Message
from mbegu.sources.telegram.settings import Ingest
from mbegu.sources.telegram.spool import Spool
from mbegu.text import reasons

BATCH = 1 << 11  # messages sketched at once; those of more leave the processor's cache
Progress = Callable[[int], Any]


class Reading(NamedTuple):
    """What was read so far."""

    spooled: Spool
    batch: list[tuple[int, Message]]  # with their channels, on their way to the spool
    known: dict[tuple[Any, ...], int]  # channels by identity
    chats: list[Chat]  # of each channel
    sizes: Counter[int]  # messages of each channel
    gone: Counter[str]  # messages dropped by what they are themselves, by reason
    cut: list[str]  # files that end in the middle


def begin(spooled: Spool) -> Reading:
    """Nothing read yet."""
    return Reading(spooled, [], {}, [], Counter(), Counter(), [])


def read_file(reading: Reading, name: str, path: Path, settings: Ingest, progress: Progress) -> None:
    """Every message of an export; the last ones wait for `flush`.

    Raises:
        BadInput: as `slices.read_export`.
    """
    channel, held, at = -1, set[int](), 0
    for found in slices.read_export(path):
        offset, value, problem, is_chat = found
        if offset != at:
            progress(offset - at)
            at = offset
        if problem == slices.CUT:
            reading.cut.append(name)
        if is_chat:
            channel = _channel(reading, chats.chat(name, value or {}), len(held))
            held.add(channel)
            wanted = reading.chats[channel].kind in (None, *settings.chats)
            continue
        if value is not None and wanted:
            message = messages.read(value, settings.masked)
        else:
            message = _unread(found, name, reading.chats[channel])
        reading.batch.append((channel, message))
        if len(reading.batch) == BATCH:
            flush(reading, settings)
    progress(path.stat().st_size - at)
    _name(reading, name, held)


def _unread(found: slices.Found, name: str, chat: Chat) -> Message:
    """In place of what can't be read, or is of a chat that isn't wanted."""
    if found.value is not None:
        return messages.nothing(f"{reasons.OTHER_CHAT}: {chat.kind}", messages.number_of(found.value))
    return messages.nothing(f"{reasons.UNREADABLE}: {found.problem}, at byte {found.offset:,} of {name}")


def _channel(reading: Reading, chat: Chat, place: int) -> int:
    """The number of a chat: a new one if it was in no export yet."""
    number = reading.known.setdefault(chats.identity(chat, place), len(reading.chats))
    if number == len(reading.chats):
        reading.chats.append(chat)
    return number


def _name(reading: Reading, file: str, held: set[int]) -> None:
    """Of the files that hold a chat, the first that holds no other names it."""
    for number in held:
        chat = reading.chats[number]
        if len(held) == 1 and not chat.alone:
            reading.chats[number] = chat._replace(file=file, alone=True)
        elif chat.file == file:
            reading.chats[number] = chat._replace(alone=len(held) == 1)


def flush(reading: Reading, settings: Ingest) -> None:
    """The batch goes to the spool."""
    if not reading.batch:
        return
    channels, read = map(list, zip(*reading.batch, strict=True))
    drawn = sketches.sketch(["" if message.reason else message.text for message in read])
    for place in np.flatnonzero(drawn.words < settings.min_words).tolist():
        if not read[place].reason:
            read[place] = read[place]._replace(reason=f"{reasons.TOO_SHORT}: {drawn.words[place]} words")
    why = [message.reason.encode() for message in read]
    keys = np.zeros(len(read), spool.KEY)
    keys["place"] = np.arange(len(read)) + reading.sizes.total()
    keys["channel"], keys["exact"], keys["gone"] = channels, drawn.exact, [len(reason) for reason in why]
    keys["number"], keys["time"], keys["version"] = zip(*[message[:3] for message in read], strict=True)
    spool.append(reading.spooled, [reason + messages.body(one) for reason, one in zip(why, read, strict=True)], keys, drawn.bands)
    reading.gone.update(message.reason.partition(":")[0] for message in read if message.reason)
    reading.sizes.update(channels)
    reading.batch.clear()
