"""Text of unknown encoding."""

import codecs
import unicodedata

import regex

from mbegu.sources.documents.documents import Unreadable

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CONTROL = regex.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")  # \x1a ends a DOS file, \x1b colours a terminal's output
# What Windows-1252 reads in other encodings: mostly accented letters, or signs inside words.
FOREIGN = regex.compile(r"[\p{L}&&\P{ASCII}]{3}|\p{L}[¡-¿×÷†‡‰€ƒˆ˜]\p{L}", regex.VERSION1)
OLD = ["mac_cyrillic", "mac_greek", "mac_iceland", "mac_latin2", "mac_roman", "mac_turkish"]  # differ in capitals only
MOST_ACCENTS = 0.3  # of the letters; Vietnamese has about 0.25, French 0.04, Cyrillic or Arabic 0.9


def decode(content: bytes, declared: str | None = None) -> str:
    """The text of a file: UTF-8; UTF-16 with or without a mark; the declared encoding; Windows-1252 if that gives western
    text; else the likeliest.

    Args:
        declared: what the file itself says, as an HTML page does.

    Raises:
        Unreadable: binary, UTF-8 that is broken somewhere, or in no encoding that can be told.
    """
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\0" in content:
        return _unmarked_utf16(content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if _mostly_utf8(content):
            raise Unreadable(f"not valid UTF-8 at byte {error.start + 1:,}; save it again as UTF-8") from None
    if CONTROL.search(content):
        raise Unreadable("binary, not text")
    return _declared(content, declared) or _western(content) or _likeliest(content)


def _unmarked_utf16(content: bytes) -> str:
    """UTF-16 has a NUL in every ASCII character; the right byte order gives more of them, and no control characters."""
    orders = [_strictly(content, "utf-16-le"), _strictly(content, "utf-16-be")]
    best = max((text for text in orders if text), key=lambda text: sum(map(str.isascii, text)), default="\0")
    if any(unicodedata.category(mark) in ("Cc", "Cn", "Co") and mark not in "\t\n\r\f\x1a" for mark in best):
        raise Unreadable("binary, not text")
    return best


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _mostly_utf8(content: bytes) -> bool:
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken < sum(not mark.isascii() for mark in text) - broken


def _declared(content: bytes, encoding: str | None) -> str | None:
    return _strictly(content, encoding) if encoding else None


def _western(content: bytes) -> str | None:
    """The text in Windows-1252, which charset_normalizer calls Windows-1250 when it is short."""
    text = _strictly(content, "cp1252")
    if text is None or FOREIGN.search(text):
        return None
    letters = [mark for mark in text if mark.isalpha()]
    accents = sum(not mark.isascii() for mark in letters)
    return text if accents <= MOST_ACCENTS * len(letters) else None


def _likeliest(content: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(content, cp_exclusion=OLD).best()
    if best is None:
        raise Unreadable("in no known encoding; save it as UTF-8")
    return str(best)
