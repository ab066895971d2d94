"""Exports to messages: all are read onto disk, reposts are found, and what is kept and what is not are written in order."""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mbegu.errors import BadInput
from mbegu.outputs import whole
from mbegu.sources.telegram import chats, lines, reading, reposts, spool
from mbegu.sources.telegram.chats import Chat
from mbegu.sources.telegram.reading import Progress, Reading
from mbegu.sources.telegram.reposts import Fates
from mbegu.sources.telegram.settings import Ingest
from mbegu.sources.telegram.spool import Keys


class Outputs(NamedTuple):
    """Files open for writing, to which JSON Lines go by channel and number."""

    messages: BinaryIO
    ledger: BinaryIO


class Channel(NamedTuple):
    """A chat, and how many of its messages were read and kept."""

    key: str
    chat: Chat
    read: int
    kept: int


class Ingested(NamedTuple):
    """Counts; all that was read was kept or dropped."""

    channels: list[Channel]  # by key
    kept: int
    dropped: dict[str, int]  # by reason
    cut: list[str]  # files that end in the middle


def ingest(exports: Iterable[tuple[str, Path]], settings: Ingest, work: Path, out: Outputs, progress: Progress) -> Ingested:
    """Writes the messages of exports that are kept, and a ledger of the others, both by channel and number.

    Args:
        exports: each file's name, which may name its chat, and where it is.
        work: a folder for what memory does not hold, gone afterwards: somewhat more than the size of the texts.
        progress: called with the number of bytes read since the last call.

    Raises:
        BadInput: a file is no export, or isn't in UTF-8.
    """
    files, found = reading.survey(exports)
    names = chats.keys(found)
    with spool.opened(work) as spooled:
        read = Reading(spooled, found, [lines.inner(name) for name in names], [], [], Counter(), Counter(), [])
        for file in files:
            reading.read_file(read, file, settings, progress)
        reading.flush(read, settings)
        fates = _order(read, names)
        reposts.link(fates, spooled, settings.near_duplicate)
        kept = _write(read, fates, out)
    counts = Counter(fates.fate)
    dropped = {**read.gone, **{reason: counts[fate] for fate, reason in reposts.REASONS.items() if counts[fate]}}
    channels = [
        Channel(name, chat, read.sizes[number], kept[number])
        for number, (name, chat) in enumerate(zip(names, found, strict=True))
    ]
    return Ingested(sorted(channels), kept.total(), dropped, read.cut)


def to_files(exports: Sequence[tuple[str, Path]], settings: Ingest, out: Path, ledger: Path, progress: Progress) -> Ingested:
    """The same to two files, which appear whole or not at all; the work folder stands beside them for as long.

    Raises:
        BadInput: also if no message is left.
    """
    with whole(out) as rows, whole(ledger) as lines:
        # the name is fixed, so that what a killed run left is replaced by the next; DVC ignores it
        work = out.parent / f".{out.name}.work.tmp"
        with open(rows, "wb") as messages, open(lines, "wb") as others, _uncollected():
            done = ingest(exports, settings, work, Outputs(messages, others), progress)
        read = done.kept + sum(done.dropped.values())
        if not done.kept:
            most = max(done.dropped, key=done.dropped.__getitem__, default="")
            todo = f"most went as {most}. Export others, or widen ingest_telegram" if most else "export chats that have messages"
            raise BadInput(f"{exports[0][1]}: none of {read} messages in {len(exports)} exports is left; {todo}.")
    return done


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles: nothing here has any, and the collector reads what the parser made again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def of_channels(done: Ingested) -> dict[str, dict[str, Any]]:
    """What a metrics file says of each channel, by its key."""
    return {
        key: {"name": chat.name, "type": chat.kind, "messages": read, "kept": kept} for key, chat, read, kept in done.channels
    }


def _order(read: Reading, names: Sequence[str]) -> Fates:
    """Puts the keys into the order of the output: by the names of the channels, then by number."""
    ranks = np.empty(len(names), np.uint32)
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    fates = reposts.unlinked(read.sizes.total())
    for keys in spool.in_order(read.spooled, ranks):
        reposts.note(fates, keys)
        read.spooled.order.write(keys.tobytes())
    return fates


def _write(read: Reading, fates: Fates, out: Outputs) -> Counter[int]:
    """Writes the rows and the ledger; gives how many rows of each channel are kept."""
    kept = Counter[int]()
    for keys in spool.scan(read.spooled.order):
        fate = np.frombuffer(fates.fate, np.uint8)[keys["place"]]
        stay, others = keys[fate == reposts.KEPT], keys[fate != reposts.KEPT]
        kept.update(stay["channel"].tolist())
        out.messages.write(spool.joined(read.spooled, stay))
        out.ledger.write(b"".join(_ledger(read, fates, others)))
    return kept


def _ledger(read: Reading, fates: Fates, keys: Keys) -> Iterator[bytes]:
    """The lines of messages that are not kept."""
    firsts = [reposts.first_like(fates, place) for place in keys["place"].tolist()]
    nearest = spool.keys_of(read.spooled, firsts)[["channel", "number"]].tolist()
    own = keys[["place", "channel", "number", "gone"]].tolist()
    for (place, channel, number, gone), first, row in zip(own, nearest, spool.rows(read.spooled, keys), strict=True):
        if gone:
            yield row
            continue
        id_, reason = lines.id_of(read.keys[channel], number), reposts.REASONS[fates.fate[place]]
        if fates.fate[place] == reposts.OLDER:
            yield lines.dropped(id_, reason, row)
        else:
            yield lines.dropped(id_, reason, row, fates.score[place] / reposts.EXACT, lines.id_of(read.keys[first[0]], first[1]))
