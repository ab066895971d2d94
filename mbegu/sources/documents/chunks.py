"""Which chunks are trained on, held out or left out."""

from collections.abc import Callable, Sequence

from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import Row
from mbegu.text import reasons
from mbegu.text.words import fold

STAGE = "chunk"
KEYS = ("id", "document", "path", "title", "anchor", "page", "start", "end", "text")


def sort_out(chunks: Sequence[Row], is_held: Callable[[Row], bool], min_size: int) -> Sieved:
    """Drops chunks that are too short or stand there already.

    Of two with the same text the held-out one stays, else the first.

    Args:
        is_held: of `holding.holds`.
        min_size: characters.
    """
    kept, ledger = [], []
    seen: dict[str, Row] = {}
    for one in sorted(chunks, key=lambda chunk: not is_held(chunk)):
        same = seen.setdefault(fold(one["text"]), one)
        if len(one["text"]) < min_size:
            ledger.append(entry(one, STAGE, "dropped", f"{reasons.SHORTER} {min_size} characters", len(one["text"])))
        elif same is not one:
            ledger.append(entry(one, STAGE, "dropped", f"{reasons.SAME_TEXT} {same['path']}", 1.0, same["id"]))
        else:
            kept.append(one)
    return Sieved(kept, ledger)


def split(chunks: Sequence[Row], is_held: Callable[[Row], bool]) -> tuple[list[Row], list[Row]]:
    """Chunks to train on, and those that are held out."""
    sides: tuple[list[Row], list[Row]] = ([], [])
    for one in chunks:
        sides[is_held(one)].append(one)
    return sides
