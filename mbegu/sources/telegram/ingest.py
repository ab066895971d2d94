"""Exports to messages: all are read onto disk, reposts are found, and what is kept and what is not are written in order."""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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

# As `json.dumps` writes them, at a tenth of its time
ROW = b'{"id": "%b/%d", "channel": "%b", "message": %d, '
NUMBERLESS = b'{"id": "%b/?", "channel": "%b", "message": null, '
LINE = b'{"id": "%b", "stage": "ingest_telegram", "action": "dropped", "reason": %b, "score": %b, "nearest": %b, "row": %b}'


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
    by_name = sorted(range(len(names)), key=names.__getitem__)
    ranks = np.empty(len(names), np.uint32)
    ranks[by_name] = np.arange(len(names))
    fates = reposts.unlinked(read.sizes.total())
    for keys in spool.in_order(read.spooled, ranks):
        reposts.note(fates, keys)
        read.spooled.order.write(keys.tobytes())
    return fates


def _write(spooled: Spool, fates: Fates, names: Sequence[str], out: Outputs) -> Counter[str]:
    """Writes the rows and the ledger; gives how many rows of each channel are kept."""
    kept = [0] * len(names)
    ranked = sorted(names)
    quoted = [orjson.dumps(name)[1:-1] for name in ranked]
    whose = [orjson.dumps(name)[1:-1] for name in names]
    for keys in spool.scan(spooled.order):
        messages, others = [], []
        for (place, rank, number, *_, gone, _), stored in zip(keys.tolist(), spool.rows(spooled, keys), strict=True):
            key = quoted[rank]
            row = (NUMBERLESS % (key, key) if number == NOWHERE else ROW % (key, number, key, number)) + stored[gone:]
            if fates.fate[place] == reposts.KEPT:
                kept[rank] += 1
                messages.append(row)
            else:
                reason = stored[:gone].decode() or reposts.REASONS[fates.fate[place]]
                id_ = b"%b/%b" % (key, b"?" if number == NOWHERE else b"%d" % number)
                others.append(LINE % (id_, orjson.dumps(reason), *_nearest(spooled, fates, place, whose), row))
        out.messages.write(b"\n".join([*messages, b""]))
        out.ledger.write(b"\n".join([*others, b""]))
    return Counter(dict(zip(ranked, kept, strict=True)))


def _nearest(spooled: Spool, fates: Fates, place: int, whose: Sequence[bytes]) -> tuple[bytes, bytes]:
    """How like the message is that stays instead, and its id; null where none does."""
    if fates.fate[place] not in (reposts.SAME, reposts.NEAR):
        return b"null", b"null"
    first = spool.keys_of(spooled, [reposts.first_like(fates, place)])[0]
    id_ = b'"%b/%d"' % (whose[int(first["channel"])], int(first["number"]))
    return orjson.dumps(fates.score[place] / reposts.EXACT), id_
