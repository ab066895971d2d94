"""Text that is no row yet: the messages of a corpus."""

from pathlib import Path

from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines

KEYS = ("id", "channel", "message", "date", "text", "media", "forwarded")


def read_texts(path: Path) -> list[str]:
    """The texts of messages as the ingest_telegram stage writes them, in order; blank ones are left out.

    Raises:
        BadInput: as `read_lines`; a message whose text is no string; no text at all.
    """
    found = []
    for where, message in read_lines(path, KEYS):
        text = message.get("text")
        if not isinstance(text, str):
            raise BadInput(f"{where}: 'text' is {text!r}, expected a string; build it again with `dvc repro`.")
        if text.strip():
            found.append(text)
    if not found:
        raise BadInput(f"{path}: no text here to learn from; look at its ledger for why messages were dropped.")
    return found
