r"""An export of any size, message by message, with no more than a few blocks of it in memory.

Telegram Desktop indents what it writes, and no string of JSON holds a line end: so a line that closes a brace with the indentation
at which the first message was opened ends a message, and `bytes.find` sees that at a gigabyte a second. A run of messages is
parsed at once; one that can't be, message by message. Where the indentation tells nothing, as in a file that another program
wrote again in one line, brackets are counted outside of strings.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson
import regex

from mbegu.errors import BadInput

BLOCK = 1 << 22  # bytes that are read at once
RUN = 1 << 18  # bytes of messages that are parsed at once
LONGEST = 1 << 24  # bytes of a message; Telegram's own limit is 4,096 characters, and polls and entities add some
ARRAY = regex.compile(rb'"messages"\s*+:\s*+\[')
TOKEN = regex.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]', regex.DOTALL)
BODY = regex.compile(rb'(?:[^"\\]++|\\.)*+', regex.DOTALL)  # of a string, but for an escape that is cut off
BETWEEN = regex.compile(rb'[^"{}\[\]]*+')
# Telegram Desktop writes a control character as \x0B, which is no JSON
ESCAPE = regex.compile(rb"(?<!\\)((?:\\\\)*+)\\x([0-9A-Fa-f]{2})")
BLANK = regex.compile(rb"[\s,]*+")
MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK\x03": "a zip archive", b"\x1f\x8b": "a gzip archive"}
CUT, LONG, NO_OBJECT = "the file ends in the middle of it", f"longer than {LONGEST >> 20} MB", "no object"


class Found(NamedTuple):
    """What stands at a place of an export."""

    offset: int  # in bytes from the start of the file: of a chat's messages, of what can't be read, of the run with a message
    value: dict[str, Any] | None  # the keys of a chat that stand before its messages, or a message; None if unreadable
    problem: str = ""  # why it can't be read
    is_chat: bool = False


class _Window:
    """A file of which a part is in memory: `data[at:]` is what has not been passed yet."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.data, self.at, self.passed = file, file.read(BLOCK), 0, 0

    def more(self) -> bool:
        """Adds a block and forgets what was passed; False at the end of the file."""
        block = self.file.read(BLOCK)
        if block:
            self.passed += self.at
            self.data, self.at = self.data[self.at :] + block, 0
        return bool(block)


def read_export(path: Path) -> Iterator[Found]:
    """Each chat of an export, and after it each of its messages, in the file's order.

    The file is the export of one chat, of a whole account, or several exports one after the other. What can't be read comes
    with its problem, and so does the end of a file that was cut off.

    Raises:
        BadInput: no such file, another encoding than UTF-8, or no messages in it.
    """
    try:
        with open(path, "rb") as file:
            window, chats = _Window(file), 0
            _check_start(window.data, path)
            while (head := _to_array(window)) is not None:
                chats += 1
                yield Found(window.passed + window.at, _chat(head), is_chat=True)
                yield from _messages(window)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; name an export of Telegram Desktop.") from None
    if not chats:
        raise BadInput(f'{path}: no "messages" in it; expected the result.json that Telegram Desktop exports as JSON.')


def _check_start(start: bytes, path: Path) -> None:
    for mark, name in MARKS.items():
        if start.startswith(mark):
            raise BadInput(f"{path}: is {name}; expected JSON in UTF-8, as Telegram Desktop writes it.")
    if not start.strip():
        raise BadInput(f"{path}: is empty; export the chat again.")


def _to_array(window: _Window) -> bytes | None:
    """Goes on into the next array of messages, and gives what stands before it; None if there is none."""
    while not (found := ARRAY.search(window.data, window.at)):
        # contacts and the like are passed; a chat's own keys stand just before its messages
        window.at = max(window.at, len(window.data) - BLOCK)
        if not window.more():
            return None
    head = window.data[window.at : found.start()]
    window.at = found.end()
    return head


def _chat(head: bytes) -> dict[str, Any]:
    """The keys of the innermost object that is open at the end of `head`."""
    opened: list[int] = []
    for token in TOKEN.finditer(head):
        if token[0] == b"{":
            opened.append(token.end())
        elif token[0] == b"}" and opened:
            opened.pop()
    own = head[opened[-1] :].strip().removesuffix(b",") if opened else b""
    return _parse(b"{" + own + b"}") or {}


def _messages(window: _Window) -> Iterator[Found]:
    """The messages of the array in which the window stands, to its end."""
    outer, single = _indentation(window, window.data.rfind(b'"messages"', 0, window.at)), -1
    while (first := _next(window)) != b"]":
        offset = window.passed + window.at
        if not first:
            yield Found(offset, None, CUT)
            return
        if first != b"{":
            yield Found(offset, None, NO_OBJECT)
            window.at += 1
            window.at = _brackets(window, 1) or len(window.data)
            return
        if offset < single:
            yield _message(window)
            continue
        end = _end_of_run(window, outer)
        values = _parse_run(window.data[window.at : end])
        if values is None:
            single = max(window.passed + end, offset + 1)
            continue
        window.at = end
        for value in values:
            yield Found(offset, value) if isinstance(value, dict) else Found(offset, None, NO_OBJECT)
    window.at += 1


def _message(window: _Window) -> Found:
    """The message that begins here, and the window behind it."""
    offset = window.passed + window.at
    end = _by_indentation(window) or _brackets(window, 0)
    value = _parse(window.data[window.at : end])
    if value is None and end and (counted := _brackets(window, 0)) != end:
        end, value = counted, _parse(window.data[window.at : counted])
    if end:
        window.at = end
        return Found(offset, value, "" if value is not None else "no JSON")
    if len(window.data) - window.at > LONGEST:
        return Found(offset, None, LONG if _skip(window) else CUT)
    window.at = len(window.data)
    return Found(offset, None, CUT)


def _indentation(window: _Window, at: int) -> bytes | None:
    """What stands before `at` in its line, if only blanks do."""
    line = window.data.rfind(b"\n", 0, at) + 1
    indent = window.data[line:at]
    return indent if line and not indent.strip(b" \t") else None


def _end_of_run(window: _Window, outer: bytes | None) -> int:
    """Where the last message ends that closes within the next RUN bytes and in this array; 0 if none is seen to.

    Args:
        outer: the indentation of the line that opened the array, which the line that closes it shares.
    """
    indent = _indentation(window, window.at)  # first, as `more` forgets it
    if indent is None or outer is None:
        return 0
    while len(window.data) - window.at < RUN and window.more():
        pass
    limit = window.at + RUN
    closed = window.data.find(b"\n" + outer + b"]", window.at, limit)
    last = b"\n" + indent + b"}"
    end = window.data.rfind(last, window.at, closed + 1 if closed >= 0 else limit)
    return end + len(last) if end >= 0 else 0


def _parse_run(run: bytes) -> list[Any] | None:
    """The messages of a run, or None if they have to be read one by one."""
    try:
        return orjson.loads(b"[%b]" % run) or None
    except orjson.JSONDecodeError:
        return None


def _next(window: _Window) -> bytes:
    """The first byte that is neither blank nor a comma; b"" at the end of the file."""
    while True:
        window.at = BLANK.match(window.data, window.at).end()  # type: ignore[union-attr]  # it matches nothing too
        if window.at < len(window.data):
            return window.data[window.at : window.at + 1]
        if not window.more():
            return b""


def _by_indentation(window: _Window) -> int:
    """Where the message ends that begins here, by the indentation of its first line; 0 if that tells nothing."""
    indent = _indentation(window, window.at)
    if indent is None:
        return 0
    wanted = b"\n" + indent + b"}"
    while (end := window.data.find(wanted, window.at)) < 0:
        if len(window.data) - window.at > LONGEST or not window.more():
            return 0
    return end + len(wanted)


def _brackets(window: _Window, depth: int) -> int:
    """Where as many brackets are closed as were opened from here on, `depth` more; 0 if that is not in reach."""
    while True:
        open_ = depth
        for token in TOKEN.finditer(window.data, window.at):
            open_ += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(token[0], 0)
            if open_ <= 0 and token[0] in (b"}", b"]"):
                return token.end()
        if len(window.data) - window.at > LONGEST or not window.more():
            return 0


def _skip(window: _Window) -> bool:
    """Passes a message that is too long to be held, counting its brackets block by block; False if the file ends in it."""
    depth, in_string = 0, False
    while True:
        window.at = (BODY if in_string else BETWEEN).match(window.data, window.at).end()  # type: ignore[union-attr]
        sign = window.data[window.at : window.at + 1]
        if not sign or (in_string and sign != b'"'):
            if not window.more():
                return False
            continue
        window.at += 1
        if sign == b'"':
            in_string = not in_string
        else:
            depth += 1 if sign in b"{[" else -1
            if depth == 0:
                return True


def _parse(text: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:  # also takes halves of surrogate pairs
            value = json.loads(ESCAPE.sub(rb"\1\\u00\2", text))
        except ValueError:
            return None
    return value if isinstance(value, dict) else None
