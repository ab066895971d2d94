"""Messages on disk between the two passes over an export, so that memory holds a few bytes of each at most.

The first pass appends each message's row, and a key of fixed size; what is decided over all messages reads the keys; the second
pass reads the rows in the order of the output. A message is known by its place: how many were read before it.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mbegu.sources.telegram.sketches import BANDS, Hashes

KEY = np.dtype([
    ("place", "u4"), ("channel", "u4"), ("number", "i8"), ("version", "u4"), ("time", "u4"), ("offset", "u8"), ("length", "u4"),
    ("gone", "u1"), ("exact", "u8"),
])  # fmt: skip
# gone: 1 if the message is dropped by what it is itself, and a line of the ledger stands in place of its row
Keys = NDArray[Any]
READ = 1 << 14  # keys read at once
SPAN = 1 << 25  # bytes of rows read at once; mostly they stand one after the other
SORTED = 1 << 18  # keys sorted at once, 56 bytes each


class Spool(NamedTuple):
    """Its files, open to be read and appended to."""

    rows: BinaryIO  # JSON, one after the other
    keys: BinaryIO  # KEY, by place
    bands: BinaryIO  # BANDS numbers a message, by place
    order: BinaryIO  # KEY, in the order of the output


@contextmanager
def opened(folder: Path) -> Iterator[Spool]:
    """An empty one in a folder that is made anew, and removed in the end."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with ExitStack() as stack:
            yield Spool(*(stack.enter_context(open(folder / name, "w+b")) for name in Spool._fields))
    finally:
        shutil.rmtree(folder)


def append(spool: Spool, rows: Sequence[bytes], keys: Keys, bands: Hashes) -> None:
    """Adds messages; `offset` and `length` of their keys are filled in."""
    keys["length"] = [len(row) for row in rows]
    keys["offset"] = spool.rows.tell() + np.cumsum(keys["length"], dtype=np.uint64) - keys["length"]
    for file, data in zip(spool[:3], (b"".join(rows), keys.tobytes(), bands.tobytes()), strict=True):
        file.write(data)

    for file in spool[:3]:
        file.flush()  # as it is read past Python's buffer


def rows(spool: Spool, keys: Keys) -> list[bytes]:
    """What was added as the rows of messages, in the order of their keys."""
    return _pieces(spool, keys["offset"].tolist(), keys["length"].tolist())


def joined(spool: Spool, keys: Keys) -> bytes:
    """The same as one: rows that stand one after the other are copied together."""
    offsets, lengths = keys["offset"].astype(np.int64), keys["length"].astype(np.int64)
    begins = np.append(True, offsets[1:] != offsets[:-1] + lengths[:-1])[: len(keys)]
    sizes = np.add.reduceat(lengths, np.flatnonzero(begins)) if len(keys) else lengths
    return b"".join(_pieces(spool, offsets[begins].tolist(), sizes.tolist()))


def _pieces(spool: Spool, starts: list[int], lengths: list[int]) -> list[bytes]:
    first, last = min(starts, default=0), max(starts, default=0)
    if last - first > SPAN:
        return [os.pread(spool.rows.fileno(), length, start) for start, length in zip(starts, lengths, strict=True)]
    block = os.pread(spool.rows.fileno(), last - first + max(lengths, default=0), first)
    return [block[start - first : start - first + length] for start, length in zip(starts, lengths, strict=True)]


def keys_of(spool: Spool, places: Sequence[int]) -> Keys:
    """The keys of messages."""
    file, size = spool.keys.fileno(), KEY.itemsize
    return np.frombuffer(b"".join([os.pread(file, size, place * size) for place in places]), KEY)


def scan(keys: BinaryIO) -> Iterator[Keys]:
    """All keys of a file, some thousands at a time."""
    yield from _scan(keys, KEY)


def scan_bands(spool: Spool, band: int) -> Iterator[Hashes]:
    """One band of all messages by place, as many at a time as `scan` gives keys."""
    for block in _scan(spool.bands, np.dtype((np.uint64, BANDS))):
        yield block[:, band]


def _scan(file: BinaryIO, kind: np.dtype[Any]) -> Iterator[NDArray[Any]]:
    file.flush()
    at = 0
    while data := os.pread(file.fileno(), READ * kind.itemsize, at):
        yield np.frombuffer(data, kind.base).reshape(-1, *kind.shape)
        at += len(data)


def in_order(spool: Spool, ranks: NDArray[np.uint32]) -> Iterator[Keys]:
    """All keys by the rank of their channel, number and version, as many at a time as are sorted at once.

    Args:
        ranks: of each channel.
    """
    sizes = Counter[int]()
    for keys in scan(spool.keys):
        buckets, counts = np.unique(_buckets(keys, ranks), return_counts=True)
        sizes.update(dict(zip(buckets.tolist(), counts.tolist(), strict=True)))
    for low, high in _ranges(sorted(sizes.items())):
        parts = []
        for keys in scan(spool.keys):
            buckets = _buckets(keys, ranks)
            parts.append(keys[(buckets >= low) & (buckets <= high)])
        keys = np.concatenate(parts)
        yield keys[np.lexsort((keys["version"], keys["number"], ranks[keys["channel"]]))]


def _buckets(keys: Keys, ranks: NDArray[np.uint32]) -> Hashes:
    """Numbers that rise with rank and number, the same for some thousands of messages of a channel."""
    return (ranks[keys["channel"]].astype(np.uint64) << np.uint64(48)) + ((keys["number"] >> 16) + (1 << 47)).astype(np.uint64)


def _ranges(sizes: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """First and last of buckets that are sorted together."""
    low, high, total = None, 0, 0
    for bucket, size in sizes:
        if low is not None and total + size > SORTED:
            yield low, high
            low, total = None, 0
        low, high, total = bucket if low is None else low, bucket, total + size
    if low is not None:
        yield low, high
