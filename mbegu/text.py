"""Text as the rest of Mbegu compares it: NFC, and word tokens of any script."""

import unicodedata

import regex

# A word is a run of letters, marks and digits; scripts written without spaces give a token a character.
# On ASCII text this is `[a-z0-9]+`, the tokenizer of the reference ROUGE implementation.
WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
    r"|[\p{L}\p{N}\p{M}--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]+"
    r"|\p{Extended_Pictographic}",
    regex.VERSION1,
)
# Zero-width characters inside a word (joiners, BOM, soft hyphen, direction marks) change its look, never the word.
INVISIBLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")


def fold(text: str) -> str:
    """NFC, every run of white space one blank, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words(text: str) -> list[str]:
    """Lower-cased word tokens of text in any script, in order."""
    if text.isascii():
        return WORD.findall(text.lower())
    return WORD.findall(INVISIBLE.sub("", unicodedata.normalize("NFC", text).lower()))
