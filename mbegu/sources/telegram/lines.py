"""Lines of the messages and of the ledger, with their ends, as `json.dumps` writes them at ten times the time."""

import orjson

from mbegu.sources.telegram.messages import NOWHERE, Message

LINE = b'{"id": %b, "stage": "ingest_telegram", "action": "dropped", "reason": %b, "score": %b, "nearest": %b, "row": %b}\n'


def inner(key: str) -> bytes:
    """A chat's name as it stands between quotation marks."""
    return orjson.dumps(key)[1:-1]


def row(key: bytes, message: Message, text: str) -> bytes:
    """A message's line.

    Args:
        key: the `inner` name of its chat.
    """
    number, _, _, date, _, media, forwarded, _ = message
    own = b"%d" % number if number != NOWHERE else b"null"
    parts = (
        b'{"id": ', id_of(key, number), b', "channel": "', key, b'", "message": ', own, b', "date": ', _json(date),
        b', "text": ', orjson.dumps(text), b', "media": ', _json(media), b', "forwarded": ', _json(forwarded), b"}\n",
    )  # fmt: skip
    return b"".join(parts)


def id_of(key: bytes, number: int) -> bytes:
    """A message's id, in quotation marks."""
    return b'"%b/?"' % key if number == NOWHERE else b'"%b/%d"' % (key, number)


def dropped(id_: bytes, reason: str, row: bytes, score: float | None = None, nearest: bytes = b"null") -> bytes:
    """The ledger's line of the message with such a row."""
    return LINE % (id_, orjson.dumps(reason), orjson.dumps(score), nearest, row[:-1])


def _json(text: str | None) -> bytes:
    return b"null" if text is None else orjson.dumps(text)
