r"""An export of any size, message by message, with no more than a few blocks of it in memory.

Telegram Desktop indents what it writes, and no string of JSON holds a line end: so a line that closes a brace with the
indentation at which the first message was opened ends a message, and `bytes.find` sees that at a gigabyte a second. A run of
messages is parsed at once; one that can't be, message by message. Where the indentation tells nothing, as in a file that another
program wrote again in one line, brackets are counted outside of strings.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import regex

from mbegu.errors import BadInput
from mbegu.sources.telegram.window import (
    LONGEST,
    TOKEN,
    Window,
    by_brackets,
    by_indentation,
    indentation,
    next_sign,
    pass_value,
    skip,
)
from mbegu.text.pointers import stand_in

RUN = 1 << 16  # bytes of messages that are parsed at once; what comes of more leaves the processor's cache
HEAD = 1 << 16  # bytes before a chat's messages in which its own keys stand
ARRAY = regex.compile(rb'"messages"\s*+:\s*+\[')
# Telegram Desktop writes a control character as \x0B, which is no JSON
ESCAPE = regex.compile(rb"(?<!\\)((?:\\\\)*+)\\x([0-9A-Fa-f]{2})")
MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK\x03": "a zip archive", b"\x1f\x8b": "a gzip archive"}
CUT, LONG, NO_OBJECT = "the file ends in the middle of it", f"longer than {LONGEST >> 20} MB", "no object"


class Found(NamedTuple):
    """What stands at a place of an export: a chat, some of its messages, or what can't be read."""

    offset: int  # in bytes from the start of the file: where a chat's messages begin, where a run of them or a problem stands
    chat: dict[str, Any] | None = None  # the keys that stand before its messages
    messages: Sequence[dict[str, Any]] = ()
    problem: str = ""  # why one message can't be read


def read_export(path: Path) -> Iterator[Found]:
    """Each chat of an export, and after it its messages, in the file's order.

    The file is the export of one chat, of a whole account, or several exports one after the other. What can't be read comes
    with its problem, and so does the end of a file that was cut off.

    Raises:
        BadInput: no such file, or another encoding than UTF-8.
    """
    with _opened(path) as window:
        while (head := _to_array(window)) is not None:
            yield Found(window.passed + window.at, _chat(head))
            yield from _messages(window)


def read_chats(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The offset and the keys of each chat, as `read_export` gives them, at the speed of a search.

    Raises:
        BadInput: as `read_export`, or no messages in it.
    """
    with _opened(path) as window:
        found = []
        while (head := _to_array(window)) is not None:
            found.append((window.passed + window.at, _chat(head)))
    if not found:
        raise BadInput(
            f'{path}: no "messages" in it; expected the result.json that Telegram Desktop exports as JSON. Leave other '
            "files out with ingest_telegram.exclude."
        )
    return found


@contextmanager
def _opened(path: Path) -> Iterator[Window]:
    try:
        with open(path, "rb") as file:
            window = Window(file)
            _check_start(window.data, path)
            yield window
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; name an export of Telegram Desktop.") from None


def _check_start(start: bytes, path: Path) -> None:
    for mark, name in MARKS.items():
        if start.startswith(mark):
            raise BadInput(f"{path}: is {name}; expected JSON in UTF-8, as Telegram Desktop writes it.")
    if why := stand_in(start):
        raise BadInput(f"{path}: is {why}.")
    if not start.strip():
        raise BadInput(f"{path}: is empty; export the chat again.")


def _to_array(window: Window) -> bytes | None:
    """Goes on into the next array of messages, and gives what stands before it; None if there is none."""
    while not (found := _array(window)):
        # contacts and the like are passed; a chat's own keys stand just before its messages
        window.at = max(window.at, len(window.data) - HEAD)
        if not window.more():
            return None
    head = window.data[window.at : found.start()]
    window.at = found.end()
    return head


def _array(window: Window) -> regex.Match[bytes] | None:
    at = window.data.find(b'"messages"', window.at)  # ten times as fast as the pattern
    while at >= 0 and not (found := ARRAY.match(window.data, at)):
        at = window.data.find(b'"messages"', at + 1)
    return found if at >= 0 else None


def _chat(head: bytes) -> dict[str, Any]:
    """The keys of the innermost object that is open at the end of `head`."""
    # no string holds a line end: what begins there is an object, whatever was cut off before it
    own = _open(head[max(0, head.rfind(b"{\n")) :]) or _open(head)
    return _parse(b"{" + own.strip().removesuffix(b",") + b"}") or {}


def _open(head: bytes) -> bytes:
    opened: list[int] = []
    for token in TOKEN.finditer(head):
        if token[0] == b"{":
            opened.append(token.end())
        elif token[0] == b"}" and opened:
            opened.pop()
    return head[opened[-1] :] if opened else b""


def _messages(window: Window) -> Iterator[Found]:
    """The messages of the array in which the window stands, to its end."""
    outer, single = indentation(window, window.data.rfind(b'"messages"', 0, window.at)), -1
    inner = indentation(window, window.at) if next_sign(window) else None
    while (first := next_sign(window)) != b"]":
        offset = window.passed + window.at
        if not first:
            yield Found(offset, problem=CUT)
            return
        if first != b"{":
            yield Found(offset, problem=NO_OBJECT)
            pass_value(window, outer, inner)
            continue
        if offset < single:
            yield (found := _message(window))
            if found.problem == CUT:
                return
            continue
        values, end = _run(window, outer)
        if values is None:
            single = max(window.passed + end, offset + 1)
            continue
        window.at = end
        yield Found(offset, messages=values)
    window.at += 1


def _message(window: Window) -> Found:
    """The message that begins here, and the window behind it."""
    offset = window.passed + window.at
    end = by_indentation(window)
    value = _parse(window.data[window.at : end])
    if value is None and (counted := by_brackets(window, 0)):
        value = _parse(window.data[window.at : counted])
        end = counted if value is not None or not end else end
    if value is None and (another := ARRAY.search(window.data, window.at, end or len(window.data))):
        window.at = max(window.at, window.data.rfind(b"{\n", window.at, another.start()))  # of an export behind one that was cut
        return Found(offset, problem=CUT)
    if end:
        text = window.data[window.at : end]
        window.at = end
        return Found(offset, problem=_problem(text)) if value is None else Found(offset, messages=[value])
    if len(window.data) - window.at > LONGEST:
        return Found(offset, problem=LONG if skip(window) else CUT)
    window.at = len(window.data)
    return Found(offset, problem=CUT)


def _run(window: Window, outer: bytes | None) -> tuple[list[dict[str, Any]] | None, int]:
    """The messages that close within the next RUN bytes and in this array, and where the last of them ends.

    None if they have to be read one by one, up to there.

    Args:
        outer: the indentation of the line that opened the array, which the line that closes it shares.
    """
    indent = indentation(window, window.at)  # first, as `more` forgets it
    if indent is None or outer is None:
        return None, 0
    while len(window.data) - window.at < RUN and window.more():
        pass
    last, limit = b"\n" + indent + b"}", window.at + RUN
    end = window.data.rfind(last, window.at, limit) + len(last)
    values = _parse_run(window.data[window.at : end])
    if values is None and (closed := window.data.find(b"\n" + outer + b"]", window.at, limit)) >= 0:
        end = window.data.rfind(last, window.at, closed + 1) + len(last)
        values = _parse_run(window.data[window.at : end])
    return values, end


def _parse_run(run: bytes) -> list[dict[str, Any]] | None:
    try:
        values = orjson.loads(b"[%b]" % run)
    except orjson.JSONDecodeError:
        return None
    return values if values and all(type(value) is dict for value in values) else None


def _parse(text: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:  # also reads halves of surrogate pairs
            value = json.loads(ESCAPE.sub(rb"\1\\u00\2", text))
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def _problem(text: bytes) -> str:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 ({text[error.start]:#04x})"
    return "no JSON"
