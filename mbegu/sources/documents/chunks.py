"""Which chunks are trained on, held out or left out."""

from collections.abc import Callable, Iterator

from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import Row
from mbegu.rows.shelf import Rows, earlier, keep, like
from mbegu.text import reasons
from mbegu.text.words import fold

STAGE = "chunk"
KEYS = ("id", "document", "path", "title", "anchor", "page", "start", "end", "text")


def sort_out(chunks: Rows, is_held: Callable[[Row], bool], min_size: int) -> Sieved[Rows]:
    """Drops chunks that are too short or stand there already.

    Of two with the same text the held-out one stays, else the first.

    Args:
        is_held: of `holding.holds`.
        min_size: characters.
    """
    kept, ledger = like(chunks), like(chunks)
    first: dict[int, int] = {}
    for position in _in_order(bytearray(map(is_held, chunks))):
        one = chunks[position]
        same = earlier(one, position, chunks, _said, first)
        if len(one["text"]) < min_size:
            ledger.append(entry(one, STAGE, "dropped", f"{reasons.SHORTER} {min_size} characters", len(one["text"])))
        elif same:
            ledger.append(entry(one, STAGE, "dropped", f"{reasons.SAME_TEXT} {same['path']}", 1.0, same["id"]))
        else:
            keep(kept, chunks, position)
    return Sieved(kept, ledger)


def _in_order(held: bytearray) -> Iterator[int]:
    """Positions of what is held out, then of the others."""
    for side in (True, False):
        yield from (position for position, one in enumerate(held) if one == side)


def _said(chunk: Row) -> str:
    return fold(chunk["text"])


def split(chunks: Rows, is_held: Callable[[Row], bool]) -> tuple[Rows, Rows]:
    """Chunks to train on, and those that are held out."""
    sides = like(chunks), like(chunks)
    for position, one in enumerate(chunks):
        keep(sides[is_held(one)], chunks, position)
    return sides
