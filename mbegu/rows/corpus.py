"""Text that is no row yet: the messages of a corpus, and what documents become when they are studied."""

from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines

KEYS = ("id", "channel", "message", "date", "text", "media", "forwarded", "origin")
Message = dict[str, Any]


def read_messages(path: Path) -> list[Message]:
    """Messages as the ingest_telegram stage writes them, or texts of the study stage, in order.

    Raises:
        BadInput: as `read_lines`; a message without an id or a text; no message at all.
    """
    found = []
    for where, message in read_lines(path, KEYS):
        for key in ("id", "text"):
            if not isinstance(message.get(key), str):
                raise BadInput(f"{where}: {key!r} is {message.get(key)!r}, expected a string; build it again with `dvc repro`.")
        found.append(message)
    if not found:
        raise BadInput(f"{path}: no message here; the ledger beside it says why each was dropped.")
    return found


def read_texts(path: Path) -> list[str]:
    """The texts of the same; blank ones are left out.

    Raises:
        BadInput: as `read_messages`; no text at all.
    """
    found = [message["text"] for message in read_messages(path) if message["text"].strip()]
    if not found:
        raise BadInput(f"{path}: no text here to learn from; look at its ledger for why messages were dropped.")
    return found
