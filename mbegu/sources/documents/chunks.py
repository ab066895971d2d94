"""Which chunks are trained on, held out or left out."""

from collections.abc import Sequence
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import Row
from mbegu.sources.documents.documents import matches
from mbegu.text import reasons
from mbegu.text.words import fold

STAGE = "chunk"
KEYS = ("id", "document", "path", "title", "anchor", "page", "start", "end", "text")


def sort_out(chunks: Sequence[Row], heldout: set[str], min_size: int) -> Sieved:
    """Drops chunks that are too short or stand there already.

    Of two with the same text the held-out one stays, else the first.

    Args:
        heldout: ids of documents.
        min_size: characters.
    """
    kept, ledger = [], []
    seen: dict[str, Row] = {}
    for one in sorted(chunks, key=lambda chunk: chunk["document"] not in heldout):
        same = seen.setdefault(fold(one["text"]), one)
        if len(one["text"]) < min_size:
            ledger.append(entry(one, STAGE, "dropped", f"{reasons.SHORTER} {min_size} characters", len(one["text"])))
        elif same is not one:
            ledger.append(entry(one, STAGE, "dropped", f"{reasons.SAME_TEXT} {same['path']}", 1.0, same["id"]))
        else:
            kept.append(one)
    return Sieved(kept, ledger)


def split(chunks: Sequence[Row], heldout: set[str]) -> tuple[list[Row], list[Row]]:
    """Chunks to train on, and those of held-out documents."""
    sides: tuple[list[Row], list[Row]] = ([], [])
    for one in chunks:
        sides[one["document"] in heldout].append(one)
    return sides


def held_out(documents: Sequence[dict[str, Any]], globs: Sequence[str]) -> set[str]:
    """Ids of the documents whose path a glob fits.

    Raises:
        BadInput: a glob that fits none.
    """
    for glob in globs:
        if not any(matches(document["path"], [glob]) for document in documents):
            paths = ", ".join(document["path"] for document in documents[:3])
            raise BadInput(f"chunk.heldout: {glob!r} matches no document; there are {len(documents)}, such as {paths!r}.")
    return {document["id"] for document in documents if matches(document["path"], globs)}


def check_split(rows: Sequence[Row], documents: Sequence[dict[str, Any]], heldout: set[str]) -> None:
    """Checks that the passage of each held-out row stands in a document that is held out, and in no other.

    Where no document is held out, passages may be those of another source of the project's rows.

    Args:
        rows: of `heldout.read_heldout`; one without an `input` has no passage.
        heldout: ids of documents.

    Raises:
        BadInput: it does not.
    """
    folded = [(document, fold(document["text"])) for document in documents]
    for row in rows:
        where = [document for document, text in folded if fold(row["input"]) in text] if row["input"] else []
        trained = [document["path"] for document in where if document["id"] not in heldout]
        if trained:
            raise BadInput(
                f"{row['origin']['source']}: its passage stands in {trained[0]!r}, which is trained on; "
                "add the document to chunk.heldout, or take the row out."
            )
        if row["input"] and heldout and not where:
            raise BadInput(
                f"{row['origin']['source']}: its passage stands in no document; copy it from one that chunk.heldout matches."
            )
