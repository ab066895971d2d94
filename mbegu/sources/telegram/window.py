"""A file of any size, seen through a window: where an object of JSON ends, without parsing it."""

from typing import BinaryIO

import regex

BLOCK = 1 << 20  # bytes that are read at once
LONGEST = 1 << 24  # bytes of a message; Telegram's own limit is 4,096 characters, and polls and entities add some
# A string, or what is there of it, and a bracket outside of strings
TOKEN = regex.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[{}\[\]]', regex.DOTALL)
BODY = regex.compile(rb'(?:[^"\\]++|\\.)*+', regex.DOTALL)  # of a string, but for an escape that is cut off
BETWEEN = regex.compile(rb'[^"{}\[\]]*+')
VALUE = regex.compile(rb'(?:"(?:[^"\\]++|\\.)*+"|[^,\[\]{}"])++', regex.DOTALL)  # but for an object and an array
BLANK = regex.compile(rb"[\s,]*+")


class Window:
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


def next_sign(window: Window) -> bytes:
    """The first byte that is neither blank nor a comma; b"" at the end of the file."""
    while True:
        window.at = BLANK.match(window.data, window.at).end()  # type: ignore[union-attr]  # it matches nothing too
        if window.at < len(window.data):
            return window.data[window.at : window.at + 1]
        if not window.more():
            return b""


def indentation(window: Window, at: int) -> bytes | None:
    """What stands before `at` in its line, if only blanks do."""
    line = window.data.rfind(b"\n", 0, at) + 1
    indent = window.data[line:at]
    return indent if line and not indent.strip(b" \t") else None


def by_indentation(window: Window) -> int:
    """Where the message ends that begins here, by the indentation of its first line; 0 if that tells nothing."""
    indent = indentation(window, window.at)
    if indent is None:
        return 0
    wanted = b"\n" + indent + b"}"
    while (end := window.data.find(wanted, window.at)) < 0:
        if len(window.data) - window.at > LONGEST or not window.more():
            return 0
    return end + len(wanted)


def pass_value(window: Window, outer: bytes | None, inner: bytes | None) -> None:
    """Goes behind what stands in an array in place of an object, or to the next line that opens one or closes the array.

    Args:
        outer: the indentation of the line that opened the array, if it has one.
        inner: that of the objects in it.
    """
    if outer is not None and inner is not None:
        line = regex.compile(rb"\n(?:%b\{|%b\])" % (inner, outer))
        while not (found := line.search(window.data, window.at)):
            window.at = max(window.at, len(window.data) - len(inner) - 1)
            if not window.more():
                window.at = len(window.data)
                return
        window.at = found.start()
    elif window.data[window.at : window.at + 1] == b"[":
        window.at = by_brackets(window, 0) or len(window.data)
    else:
        value = VALUE.match(window.data, window.at)
        window.at = value.end() if value else window.at + 1


def by_brackets(window: Window, depth: int) -> int:
    """Where as many brackets are closed as were opened from here on, `depth` more; 0 if that is not in reach."""
    while True:
        open_ = depth
        for token in TOKEN.finditer(window.data, window.at):
            open_ += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(token[0], 0)
            if open_ <= 0 and token[0] in (b"}", b"]"):
                return token.end()
        if len(window.data) - window.at > LONGEST or not window.more():
            return 0


def skip(window: Window) -> bool:
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
