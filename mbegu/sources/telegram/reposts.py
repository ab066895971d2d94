"""Which messages say again what another one says: the same message from another export, the same text, nearly the same text.

Of texts that are alike the one that was sent first stays. Whether two are near is measured exactly; which are compared, MinHash
says. Memory holds 11 bytes a message, whatever it says.
"""

from array import array
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from mbegu.sources.telegram import sketches, spool
from mbegu.sources.telegram.sketches import Hashes
from mbegu.sources.telegram.spool import Keys, Spool
from mbegu.text import reasons

KEPT, GONE, OLDER, SAME, NEAR = range(5)
REASONS = {OLDER: reasons.OLDER_VERSION, SAME: reasons.REPOST, NEAR: reasons.NEAR_REPOST}
PART = 1 << 19  # hashes sorted at once
COMPARED = 1 << 11  # pairs compared at once
EXACT = 10_000  # scores are in ten-thousandths
Places = NDArray[np.uint32]


class Fates(NamedTuple):
    """What becomes of each message, by place."""

    fate: bytearray
    like: "array[int]"  # place of the message that stays instead, or of one on the way to it
    score: "array[int]"  # Jaccard index to the message that led there, in ten-thousandths
    time: "array[int]"


def unlinked(count: int) -> Fates:
    """Of as many messages, all kept."""
    return Fates(bytearray(count), array("I", range(count)), array("H", bytes(2 * count)), array("I", bytes(4 * count)))


def note(fates: Fates, keys: Keys) -> Places:
    """Takes over keys sorted by channel, number and version; gives their places. The last version of a number stays."""
    fate, time = np.frombuffer(fates.fate, np.uint8), np.frombuffer(fates.time, np.uint32)
    places = keys["place"]
    time[places] = keys["time"]
    fate[places] = np.where(keys["gone"] > 0, GONE, KEPT)
    # a service message and the like leaves the number to what can be kept
    kept = keys[keys["gone"] == 0]
    again = (kept["channel"][1:] == kept["channel"][:-1]) & (kept["number"][1:] == kept["number"][:-1])
    fate[kept["place"][:-1][again]] = OLDER
    return places


def link(fates: Fates, spooled: Spool, near_duplicate: float) -> None:
    """Links messages that are kept so far to the first that says the same, or nearly."""
    for later, earlier in _alike(fates, lambda: (keys["exact"] for keys in spool.scan(spooled.keys))):
        for one, other in zip(later.tolist(), earlier.tolist(), strict=True):
            _join(fates, one, other, SAME, EXACT)
    if near_duplicate < 1:
        for band in range(sketches.BANDS):
            for later, earlier in _alike(fates, partial(spool.scan_bands, spooled, band)):
                _link_near(fates, spooled, iter(zip(later.tolist(), earlier.tolist(), strict=True)), near_duplicate)


def first_like(fates: Fates, place: int) -> int:
    """The place of the message that stays for this one."""
    while (like := fates.like[place]) != place:
        place = like
    return place


def _alike(fates: Fates, hashes: Callable[[], Iterator[Hashes]]) -> Iterator[tuple[Places, Places]]:
    """Pairs of kept messages with the same hash, each with the one before it: (later places, earlier places)."""
    parts = 1 + len(fates.fate) // PART
    for part in range(parts):
        values, places = _part(fates, hashes(), part, parts)
        order = np.argsort(values, kind="stable")
        values, places = values[order], places[order]
        same = np.flatnonzero(values[1:] == values[:-1])
        yield places[same + 1], places[same]


def _part(fates: Fates, blocks: Iterator[Hashes], part: int, parts: int) -> tuple[Hashes, Places]:
    """The hashes of kept messages that belong to a part of all hashes, with their places."""
    fate, start = np.frombuffer(fates.fate, np.uint8), 0
    found = [(np.zeros(0, np.uint64), np.zeros(0, np.uint32))]
    for values in blocks:
        inside = (fate[start : start + len(values)] == KEPT) & (values % np.uint64(parts) == part)
        found.append((values[inside], (np.flatnonzero(inside) + start).astype(np.uint32)))
        start += len(values)
    return np.concatenate([values for values, _ in found]), np.concatenate([places for _, places in found])


def _link_near(fates: Fates, spooled: Spool, linked: Iterator[tuple[int, int]], above: float) -> None:
    firsts = ((first_like(fates, one), first_like(fates, other)) for one, other in linked)
    apart = ((one, other) for one, other in firsts if one != other)
    while some := list(islice(apart, COMPARED)):
        places = sorted({place for pair in some for place in pair})
        texts = [orjson.loads(row)["text"] for row in spool.rows(spooled, spool.keys_of(spooled, places))]
        grams = dict(zip(places, sketches.pairs(texts), strict=True))
        for one, other in some:
            common = len(grams[one] & grams[other])
            score = common / (len(grams[one]) + len(grams[other]) - common)
            if score > above:
                _join(fates, one, other, NEAR, round(score * EXACT))


def _join(fates: Fates, one: int, other: int, why: int, score: int) -> None:
    """Of two messages' first ones, the later is linked to the earlier; the one that was read first is, if none is earlier."""
    one, other = first_like(fates, one), first_like(fates, other)
    if one == other:
        return
    if (fates.time[one], one) < (fates.time[other], other):
        one, other = other, one
    fates.fate[one], fates.like[one], fates.score[one] = why, other, score
