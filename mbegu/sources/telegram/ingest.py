"""Exports to messages: all are read onto disk, reposts are found, and what is kept and what is not are written in order."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import orjson

from mbegu.errors import BadInput
from mbegu.outputs import whole
from mbegu.sources.telegram import chats, reading, reposts, spool
from mbegu.sources.telegram.chats import Chat
from mbegu.sources.telegram.messages import NOWHERE
from mbegu.sources.telegram.reading import Progress, Reading
from mbegu.sources.telegram.reposts import Fates
from mbegu.sources.telegram.settings import Ingest
from mbegu.sources.telegram.spool import Spool

LINE = (
    b'{"id": "%b", "stage": "ingest_telegram", "action": "dropped", "reason": %b, "score": %b, "nearest": %b, "row": %b}\n'
)


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
    with spool.opened(work) as spooled:
        read = reading.begin(spooled)
        for name, path in exports:
            reading.read_file(read, name, path, settings, progress)
        reading.flush(read, settings)
        names = chats.keys(read.chats)
        fates = _order(read, names)
        reposts.link(fates, spooled, settings.near_duplicate)
        kept = _write(spooled, fates, names, out)
    counts = Counter(fates.fate)
    dropped = {**read.gone, **{reason: counts[fate] for fate, reason in reposts.REASONS.items() if counts[fate]}}
    found = zip(names, read.chats, range(len(names)), strict=True)
    channels = sorted(Channel(name, chat, read.sizes[number], kept[name]) for name, chat, number in found)
    return Ingested(channels, kept.total(), dropped, read.cut)


def to_files(exports: Sequence[tuple[str, Path]], settings: Ingest, out: Path, ledger: Path, progress: Progress) -> Ingested:
    """The same to two files, which appear whole or not at all; the work folder stands beside them for as long.

    Raises:
        BadInput: also if no message is left.
    """
    with whole(out) as rows, whole(ledger) as lines:
        # the name is fixed, so that what a killed run left is replaced by the next; DVC ignores it
        work = out.parent / f".{out.name}.work.tmp"
        with open(rows, "wb") as messages, open(lines, "wb") as others:
            done = ingest(exports, settings, work, Outputs(messages, others), progress)
        read = done.kept + sum(done.dropped.values())
        if not done.kept:
            most = max(done.dropped, key=done.dropped.__getitem__, default="")
            why = f"; most went as {most}. Export others, or widen ingest_telegram" if most else ""
            raise BadInput(f"{exports[0][1]}: none of {read} messages in {len(exports)} exports is left{why}.")
    return done


def of_channels(done: Ingested) -> dict[str, dict[str, Any]]:
    """What a metrics file says of each channel, by its key."""
    return {key: {"name": chat.name, "type": chat.kind, "messages": read, "kept": kept} for key, chat, read, kept in done.channels}


def _order(read: Reading, names: Sequence[str]) -> Fates:
    """Puts the keys into the order of the output: by the names of the channels, then by number."""
    by_name = sorted(range(len(names)), key=names.__getitem__)
    ranks = np.empty(len(names), np.uint32)
    ranks[by_name] = np.arange(len(names))
    fates = reposts.unlinked(read.sizes.total())
    for keys in spool.by_channel(read.spooled, ranks, [read.sizes[number] for number in by_name]):
        reposts.note(fates, keys)
        read.spooled.order.write(keys.tobytes())
    return fates


def _write(spooled: Spool, fates: Fates, names: Sequence[str], out: Outputs) -> Counter[str]:
    """Writes the rows and the ledger; gives how many rows of each channel are kept."""
    kept: Counter[str] = Counter()
    ranked = sorted(names)
    quoted = [orjson.dumps(name)[1:-1] for name in ranked]
    whose = [quoted[ranked.index(name)] for name in names]
    for keys in spool.scan(spooled.order):
        for place, rank, number, _, _, offset, length, gone, _ in keys.tolist():
            stored, fate = spool.row(spooled, offset, length), fates.fate[place]
            id_, row = _row(quoted[rank], number, stored[gone:])
            if fate == reposts.KEPT:
                kept[ranked[rank]] += 1
                out.messages.write(row + b"\n")
                continue
            reason = stored[:gone] or reposts.REASONS[fate].encode()
            nearest, score = _nearest(spooled, fates, place, whose) if fate in (reposts.SAME, reposts.NEAR) else (b"null", b"null")
            out.ledger.write(LINE % (id_, orjson.dumps(reason.decode()), score, nearest, row))
    return kept


def _row(key: bytes, number: int, rest: bytes) -> tuple[bytes, bytes]:
    """The id of a message, and its row."""
    if number == NOWHERE:
        return key + b"/?", b'{"id": "%b/?", "channel": "%b", "message": null, %b' % (key, key, rest)
    return b"%b/%d" % (key, number), b'{"id": "%b/%d", "channel": "%b", "message": %d, %b' % (key, number, key, number, rest)


def _nearest(spooled: Spool, fates: Fates, place: int, whose: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The id of the message that stays instead, and how like it is."""
    first = spool.key_of(spooled, reposts.first_like(fates, place))
    id_ = b'"%b/%d"' % (whose[int(first["channel"])], int(first["number"]))
    return id_, orjson.dumps(fates.score[place] / reposts.EXACT)
