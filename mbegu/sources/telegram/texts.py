"""The text of a message: joined from its parts, cleaned, and with what leads to a person masked."""

import re
import unicodedata
from typing import Any

import regex

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
# What every telephone number has, and where it stands: both begin with few characters, which are soon sought in a text
LIKELY = re.compile(rf"[+0٠۰፩-፱]{GROUPED}{{8}}")
DIGITS = re.compile(r"[(+\d፩-፱][\d፩-፱ ./()+-]{8,}")


def text_of(message: dict[str, Any], masked: bool) -> str:
    """A message's text, as it was written or with handles, numbers and addresses masked; a poll's is its question.

    Args:
        message: a message of an export; its `text` is a string, or a list of strings and entities of any type.
    """
    text = message.get("text") or _question(message)
    if isinstance(text, list):
        text = "".join([part if isinstance(part, str) else _entity(part, masked) for part in text])
    elif not isinstance(text, str):
        return ""
    text = tidy(text)
    return mask(text) if masked else text


def _question(message: dict[str, Any]) -> Any:
    poll = message.get("poll")
    return poll.get("question") if isinstance(poll, dict) else ""


def _entity(part: Any, masked: bool) -> str:
    if not isinstance(part, dict) or not isinstance(text := part.get("text"), str):
        return ""
    kind = part.get("type")
    return MASKS.get(kind, text) if masked and isinstance(kind, str) else text


def tidy(text: str) -> str:
    """NFC, one kind of blank, no control or invisible characters, no blanks at the ends of lines, one empty line at most."""
    # nearly all texts are tidy, and these tests see it without reading a text in Python
    if not (
        text.replace("\n", "").isprintable()
        and "  " not in text
        and "\n " not in text
        and " \n" not in text
        and "\n\n\n" not in text
    ):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = GAPS.sub("\n\n", LINES.sub("\n", BLANKS.sub(" ", INVISIBLE.sub("", text))))
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.strip()


def mask(text: str) -> str:
    """Handles, addresses and telephone numbers by what they are; prices, years, dates and times stay."""
    # most of these signs stand in handles that are masked already, and a search for addresses reads every word
    if (signs := text.count("@") - text.count("@handle")) or ".me/" in text or ".dog/" in text:
        if signs and any(before[-1:].isalnum() for before in text.split("@")[:-1]):
            text = EMAIL.sub("[email]", text)
        text = HANDLE.sub("@handle", text)
    return DIGITS.sub(_numbers, text) if LIKELY.search(text) else text


def _numbers(match: re.Match[str]) -> str:
    return NUMBER.sub(_phone, match[0])


def _phone(match: re.Match[str]) -> str:
    return match[0] if match["date"] else "[phone]"
