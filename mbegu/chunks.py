"""Documents cut into chunks that end where sentences end."""

import bisect
import hashlib
from typing import Any

from mbegu.errors import BadInput


def splitter(unit: str, size: int, step: int, tokenizer: Any = None) -> Any:
    """A splitter that cuts at paragraphs, then sentences (UAX #29), and inside a sentence only if it alone is too long.

    Args:
        unit: "characters" or "tokens" of `tokenizer`, a transformers one.
        size: most units of a chunk.
        step: units from the start of a chunk to that of the next; less than `size` makes them overlap by up to the rest.

    Raises:
        BadInput: a step larger than the size, which would leave text out.
    """
    from semantic_text_splitter import TextSplitter

    if step > size:
        raise BadInput(f"chunk.step {step} is above chunk.size {size}, which would leave text out; lower it.")
    if unit == "tokens":
        return TextSplitter.from_huggingface_tokenizer(tokenizer.backend_tokenizer, size, overlap=size - step)
    return TextSplitter(size, overlap=size - step)


def chunk(document: dict[str, Any], split: Any) -> list[dict[str, Any]]:
    """Chunks of a document: `id` (a hash of its text and document), `document`, `path`, `title`, `anchor`, `start`, `end`
    (positions in the document's text) and `text`."""
    starts = [anchor["start"] for anchor in document["anchors"]]
    found = []
    for start, text in split.chunk_indices(document["text"]):
        anchor = document["anchors"][max(bisect.bisect_right(starts, start) - 1, 0)]["anchor"]
        id_ = hashlib.sha256(f"{document['id']}\x1f{text}".encode()).hexdigest()[:16]
        place = {"document": document["id"], "path": document["path"], "title": document["title"], "anchor": anchor}
        found.append({"id": id_, **place, "start": start, "end": start + len(text), "text": text})
    return found
