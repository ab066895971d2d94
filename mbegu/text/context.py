"""What retrieval found, as a block at the end of a question: put there, and taken away again."""

import re
from collections.abc import Sequence

MARKER = "Context:"
BLOCK = re.compile(rf"(?:\A|\n\n){MARKER}(?:\n-(?: [^\n]*)?)+\Z")


def join(brief: str, texts: Sequence[str]) -> str:
    """A brief, an empty line, the marker and a line `- text` for each text that is not blank; the brief alone if none is.

    Line ends within a text become ` / `, so that a text can't begin a line of its own.
    """
    lines = ["- " + " / ".join(part.strip() for part in text.splitlines() if part.strip()) for text in texts if text.strip()]
    return "\n".join([f"{brief}\n", MARKER, *lines]) if lines else brief


def without_context(input_: str) -> str:
    """What stands before the last block that `join` has put at its end; all of it if there is none."""
    return BLOCK.sub("", input_)
