"""The text of a message: joined from its parts, cleaned, and with what leads to a person masked."""

import unicodedata
from typing import Any

import regex

MASKS = {
    "mention": "@handle",
    "mention_name": "@handle",
    "bot_command": "",
    "email": "[email]",
    "phone": "[phone]",
    "bank_card": "[card]",
}
# Zero-width characters that join nothing, soft hyphens and direction marks; a joiner holds an emoji or a Persian word together.
INVISIBLE = regex.compile(r"[\u200B\u2060\uFEFF\u00AD\u200E\u200F\u202A-\u202E\u2066-\u2069]|[^\P{Cc}\n\t]")
BLANKS = regex.compile(r"[^\S\n]+")
LINES = regex.compile(r" ?\n ?")
GAPS = regex.compile(r"\n{3,}")
UNTIDY = regex.compile(rf"{INVISIBLE.pattern}|[^\S\n ]|  | \n|\n |\n\n\n")
EMAIL = regex.compile(r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+")
HANDLE = regex.compile(
    r"(?<![\p{L}\p{N}@/.])@[A-Za-z][A-Za-z0-9_]{3,31}|(?:https?://)?(?:t(?:elegram)?\.me|telegram\.dog)/[\w+/]+"
)
# An international number, or a national one with its leading 0: 9 to 15 digits, in groups or not
PHONE = regex.compile(r"(?<![\p{N}.,+])(?:\+\d{1,3}[ .-]?|0)(?:\(?\d{1,4}\)?[ .-]?){2,5}\d{2,4}(?![\p{N}])")
DIGITS = range(9, 16)


def text_of(message: dict[str, Any], masked: bool) -> str:
    """A message's text, as it was written or with handles, numbers and addresses masked.

    Args:
        message: a message of an export; its `text` is a string, or a list of strings and entities of any type.
    """
    text = message.get("text", "")
    if isinstance(text, list):
        text = "".join(_part(part, masked) for part in text)
    elif not isinstance(text, str):
        return ""
    text = tidy(text)
    return mask(text) if masked else text


def _part(part: Any, masked: bool) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or not isinstance(text := part.get("text"), str):
        return ""
    return (MASKS.get(part.get("type", ""), text) or text) if masked else text


def tidy(text: str) -> str:
    """NFC, one kind of blank, no control or invisible characters, no blanks at the ends of lines, one empty line at most."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if UNTIDY.search(text):
        text = GAPS.sub("\n\n", LINES.sub("\n", BLANKS.sub(" ", INVISIBLE.sub("", text))))
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.strip()


def mask(text: str) -> str:
    """Handles, addresses and telephone numbers by what they are; prices, years and times stay."""
    if "@" in text or ".me/" in text or ".dog/" in text:
        text = HANDLE.sub("@handle", EMAIL.sub("[email]", text))
    return PHONE.sub(_phone, text)


def _phone(match: regex.Match[str]) -> str:
    return "[phone]" if sum(char.isdecimal() for char in match[0]) in DIGITS else match[0]
