"""The text of a message: joined from its parts, cleaned, and with what leads to a person masked."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

MASKS = {"mention": "@handle", "mention_name": "@handle", "email": "[email]", "phone": "[phone]", "bank_card": "[card]"}
# Zero-width characters that join nothing, soft hyphens, direction marks, and halves of surrogate pairs, which no file can hold; a
# joiner holds an emoji or a Persian word together.
INVISIBLE = regex.compile(r"[\u200B\u2060\uFEFF\u00AD\u200E\u200F\u202A-\u202E\u2066-\u2069\p{Cs}]|[^\P{Cc}\n\t]")
BLANKS = regex.compile(r"[^\S\n]+")
LINES = regex.compile(r" ?\n ?")
GAPS = regex.compile(r"\n{3,}")
EMAIL = regex.compile(r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+")
HANDLE = regex.compile(
    r"(?<![\p{L}\p{N}@/.])@[A-Za-z][A-Za-z0-9_]{3,31}|(?:https?://)?(?:www\.)?(?:t(?:elegram)?\.me|telegram\.dog)/[\w+/]+"
)
# Digits of any script, and the Ethiopic ones: nine of those in a row are no number, as ten and hundred have signs of their own.
DIGIT, ZERO = r"[\d፩-፱]", "[0٠۰]"
# A date is found first, and stays. A telephone number: international with 9 to 13 digits, or national with 9 to 11 of which the
# first is 0, in groups or not; what stands behind "1." is part of an amount, and so is 000.
GROUPED = rf"(?:[ .()-]{{0,2}}{DIGIT})"
NUMBER = re.compile(
    rf"(?P<date>(?<!\d)(?:\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{4}}|(?:19|20)\d\d[./-]\d{{1,2}}[./-]\d{{1,2}})(?!\d))"
    rf"|\(?(?<!{DIGIT})(?<!{DIGIT}\.)(?:(?:\+|{ZERO}{{2}}(?!{ZERO})) ?{GROUPED}{{9,13}}|{ZERO}(?![.0]){GROUPED}{{8,10}}"
    rf"|[፩-፱](?:[ -]?[፩-፱]){{8,12}})(?!{DIGIT})"
)
# Where one stands, with what is beside it: this begins with few characters, which are soon sought in a text
DIGITS = re.compile(r"[(+\d፩-፱][\d፩-፱ ./()+-]{8,}")
FEWEST = 9  # digits of a telephone number
NUMERAL = regex.compile(r"\d|[፩-፱]")
# What `tidy` removes or replaces, and what may not be in NFC
STRANGE = regex.compile(rf"{INVISIBLE.pattern}|[^\S\n ]|[\p{{NFC_QC=N}}\p{{NFC_QC=M}}]|\P{{ccc=0}}")
PLANES = 0x20000  # code points in tables; those above are ideographs, tags and unassigned
BLANK, LINE, END, NUMERIC, SIGN, ODD = range(1, 7)


def raw_text(message: dict[str, Any], masked: bool) -> str:
    """A message's text as it was written, or with the parts that Telegram marked masked; a poll's is its question.

    Args:
        message: a message of an export; its `text` is a string, or a list of strings and entities of any type.
    """
    text = message.get("text") or _question(message)
    if isinstance(text, list):
        text = "".join([part if isinstance(part, str) else _entity(part, masked) for part in text])
    return text if isinstance(text, str) else ""


def _question(message: dict[str, Any]) -> Any:
    poll = message.get("poll")
    return poll.get("question") if isinstance(poll, dict) else ""


def _entity(part: Any, masked: bool) -> str:
    if not isinstance(part, dict) or not isinstance(text := part.get("text"), str):
        return ""
    kind = part.get("type")
    return MASKS.get(kind, text) if masked and isinstance(kind, str) else text


def clean(texts: Sequence[str], masked: bool) -> list[str]:
    """Texts tidied and, if wanted, masked.

    Nearly all are tidy and most hold no number: a few vector operations over all of them see which may not be.
    """
    codes = encoded(texts)
    flags = _flags().take(codes, mode="clip")
    ends = np.flatnonzero(codes == 0)
    found = list(texts)
    for place in np.unique(ends.searchsorted(_untidy(flags))).tolist():
        found[place] = tidy(found[place])
    if masked:
        digits = np.bincount(ends.searchsorted(np.flatnonzero(flags == NUMERIC)), minlength=len(found))
        _change(found, np.flatnonzero(digits >= FEWEST), _mask_numbers)
        _change(found, np.unique(ends.searchsorted(np.flatnonzero(flags == SIGN))), _mask_signs)
    return found


def _change(texts: list[str], places: NDArray[np.int64], change: Callable[[str], str]) -> None:
    """Changes some of the texts, all at once."""
    joined = change("\0".join([texts[place] for place in places.tolist()]))
    for place, text in zip(places.tolist(), joined.split("\0"), strict=False):
        texts[place] = text


def encoded(texts: Sequence[str]) -> NDArray[np.uint32]:
    """The code points of all texts, a 0 behind each; a 0 within a text is a 1."""
    joined = "\0".join([*texts, ""])
    if joined.count("\0") > len(texts):
        joined = "\0".join([*(text.replace("\0", "\1") for text in texts), ""])
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)


def _untidy(flags: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where something stands that `tidy` changes: what it looks for, or a blank or empty line too many."""
    gaps = np.where(flags <= END, flags, 0)
    before = np.concatenate([[np.uint8(END)], gaps[:-1]])
    found = (gaps != 0) & (before != 0) & ((gaps != before) | (gaps == BLANK)) | (flags == ODD)
    found[2:] |= (gaps[2:] == LINE) & (gaps[1:-1] == LINE) & (gaps[:-2] == LINE)
    return np.flatnonzero(found)


@cache
def _flags() -> NDArray[np.uint8]:
    """What each code point is to `clean`; those above the second plane are rare enough to be looked at."""
    flags = np.zeros(PLANES + 1, np.uint8)
    for kind, flag in ((NUMERAL, NUMERIC), (STRANGE, ODD)):
        flags[[match.start() for match in kind.finditer(every_code())]] = flag
    flags[[ord(" "), ord("\n"), 0, ord("@"), ord("/"), PLANES]] = BLANK, LINE, END, SIGN, SIGN, ODD
    return flags


def every_code() -> str:
    """All code points of the first two planes."""
    return "".join(map(chr, range(PLANES)))


def tidy(text: str) -> str:
    """NFC, one kind of blank, no control or invisible characters, no blanks at the ends of lines, one empty line at most."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = GAPS.sub("\n\n", LINES.sub("\n", BLANKS.sub(" ", INVISIBLE.sub("", text))))
    return unicodedata.normalize("NFC", text).strip()


def mask(text: str) -> str:
    """Handles, addresses and telephone numbers by what they are; prices, years, dates and times stay."""
    return _mask_numbers(_mask_signs(text))


def _mask_signs(text: str) -> str:
    # most of these signs stand in handles that are masked already, and a search for addresses reads every word
    if (signs := text.count("@") - text.count("@handle")) or ".me/" in text or ".dog/" in text:
        if signs and any(before[-1:].isalnum() for before in text.split("@")[:-1]):
            text = EMAIL.sub("[email]", text)
        text = HANDLE.sub("@handle", text)
    return text


def _mask_numbers(text: str) -> str:
    return DIGITS.sub(_numbers, text)


def _numbers(match: re.Match[str]) -> str:
    return NUMBER.sub(_phone, match[0])


def _phone(match: re.Match[str]) -> str:
    return match[0] if match["date"] else "[phone]"
