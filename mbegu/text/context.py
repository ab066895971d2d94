"""What retrieval found, as a block at the end of a question: put there, and taken away again."""

import re
from collections.abc import Sequence

MARKER = "Context:"
BLOCK = re.compile(rf"(?:\A|\n\n){MARKER}(?:\n-(?: [^\n]*)?)+\Z")


def join(brief: str, texts: Sequence[str]) -> str:
    """A brief, an empty line, the marker and a line `- text` for each text that is not blank; the brief alone if none is.

    Line ends within a text become ` / `, so that a text can't begin a line of its own.
    """
    listed = [f"- {lines(text)}" for text in texts if text.strip()]
    return "\n".join([f"{brief}\n", MARKER, *listed]) if listed else brief


def lines(text: str) -> str:
    """A text on one line, ` / ` for each line end."""
    return " / ".join(part.strip() for part in text.splitlines() if part.strip())


def without_context(input_: str) -> str:
    """What stands before the last block that `join` has put at its end; all of it if there is none."""
    return BLOCK.sub("", input_)
