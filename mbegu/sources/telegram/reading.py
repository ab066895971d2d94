"""The first pass: every message of an export is read, cleaned, sketched and put on disk."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mbegu.sources.telegram import chats, lines, messages, sketches, slices, spool
from mbegu.sources.telegram.chats import Chat
from mbegu.sources.telegram.messages import Message
from mbegu.sources.telegram.settings import Ingest
from mbegu.sources.telegram.spool import Spool
from mbegu.sources.telegram.texts import clean
from mbegu.text import reasons

BATCH = 1 << 11  # messages sketched at once; those of more leave the processor's cache
Progress = Callable[[int], Any]


class Export(NamedTuple):
    """A file, and which channels it holds."""

    name: str  # which may name its chat
    path: Path
    channels: dict[int, int]  # by the offset at which their messages begin


class Reading(NamedTuple):
    """What was read so far."""

    spooled: Spool
    chats: list[Chat]  # of each channel
    keys: list[bytes]  # of each channel, as `lines.inner` gives them
    batch: list[Message]  # on their way to the spool
    channels: list[int]  # of the batch
    sizes: Counter[int]  # messages of each channel
    gone: Counter[str]  # messages dropped by what they are themselves, by reason
    cut: list[str]  # files that end in the middle


def survey(exports: Iterable[tuple[str, Path]]) -> tuple[list[Export], list[Chat]]:
    """Which chats the files hold: one that is exported twice is one channel, named by the first file that holds no other.

    Raises:
        BadInput: a file is no export, or isn't in UTF-8.
    """
    known: dict[tuple[Any, ...], int] = {}
    found: list[Chat] = []
    files = []
    for name, path in exports:
        held = [(offset, chats.chat(name, head)) for offset, head in slices.read_chats(path)]
        names = [chats.identity(chat, place) for place, (_, chat) in enumerate(held)]
        alone = len(set(names)) == 1
        for identity, (_, chat) in zip(names, held, strict=True):
            number = known.setdefault(identity, len(found))
            if number == len(found):
                found.append(chat._replace(alone=alone))
            elif alone and not found[number].alone:
                found[number] = found[number]._replace(file=name, alone=True)
        files.append(Export(name, path, {offset: known[one] for one, (offset, _) in zip(names, held, strict=True)}))
    return files, found


def read_file(reading: Reading, export: Export, settings: Ingest, progress: Progress) -> None:
    """Every message of an export; the last ones wait for `flush`.

    Raises:
        BadInput: as `slices.read_export`.
    """
    at, channel, wanted = 0, -1, True
    for found in slices.read_export(export.path):
        progress(found.offset - at)
        at = found.offset
        if found.chat is not None:
            channel = export.channels[at]
            wanted = reading.chats[channel].kind in (None, *settings.chats)
        elif found.problem:
            reading.batch.append(_unread(reading, found, export.name))
        elif wanted:
            reading.batch.extend([messages.read(one, settings.masked) for one in found.messages])
        else:
            reason = f"{reasons.OTHER_CHAT}: {reading.chats[channel].kind}"
            reading.batch.extend(messages.nothing(reason, messages.number_of(one)) for one in found.messages)
        reading.channels.extend(repeat(channel, len(reading.batch) - len(reading.channels)))
        if len(reading.batch) >= BATCH:
            flush(reading, settings)
    progress(export.path.stat().st_size - at)


def _unread(reading: Reading, found: slices.Found, name: str) -> Message:
    """In place of a message that can't be read."""
    if found.problem == slices.CUT:
        reading.cut.append(name)
    return messages.nothing(f"{reasons.UNREADABLE}: {found.problem}, at byte {found.offset:,} of {name}")


def flush(reading: Reading, settings: Ingest) -> None:
    """The batch goes to the spool: of each message its row, or its line of the ledger where it is known to be dropped."""
    if not (read := reading.batch):
        return
    texts = clean([message.text for message in read], settings.masked)
    drawn = sketches.sketch(texts)
    names = [reading.keys[channel] for channel in reading.channels]
    rows = list(map(lines.row, names, read, texts))
    keys = np.zeros(len(read), spool.KEY)
    keys["place"] = np.arange(len(read)) + reading.sizes.total()
    keys["channel"], keys["exact"] = reading.channels, drawn.exact
    for field, name in enumerate(("number", "time", "version")):
        keys[name] = [message[field] for message in read]
    keys["gone"] = [message.reason != "" for message in read]
    keys["gone"] |= drawn.words < settings.min_words
    for place in np.flatnonzero(keys["gone"]).tolist():
        reason = read[place].reason or _too_little(read[place], texts[place], drawn.words[place])
        rows[place] = lines.dropped(lines.id_of(names[place], read[place].number), reason, rows[place])
        reading.gone[reason.partition(":")[0]] += 1
    spool.append(reading.spooled, rows, keys, drawn.bands)
    reading.sizes.update(reading.channels)
    read.clear()
    reading.channels.clear()


def _too_little(message: Message, text: str, words: int) -> str:
    return f"{reasons.TOO_SHORT}: {words} words" if text else f"{reasons.WITHOUT_TEXT}: {message.media or 'empty'}"
