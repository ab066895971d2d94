"""Text as the rest of Mbegu compares it: NFC, word tokens and sentences of any script."""

import re
import unicodedata

import regex

# On ASCII text a word is what the reference implementation of ROUGE calls one.
ASCII_WORD = re.compile(r"[a-z0-9]+")
# Elsewhere words are those of Unicode's default segmentation (UAX #29), which `regex` follows under its flag WORD:
# scripts written without spaces give a token a character.
WORD = regex.compile(r"\b[\p{L}\p{N}\p{Extended_Pictographic}].*?\b", regex.VERSION1 | regex.WORD | regex.DOTALL)
# ASCII marks cut words there too, so that "25.5" and "don't" give the same tokens beside ብር as alone.
CUTS = str.maketrans(dict.fromkeys([*map(chr, range(33, 48)), *":;<=>?@[\\]^_`{|}~", "’"], " "))
# Zero-width characters inside a word (joiners, BOM, soft hyphen, direction marks) change its look, never the word.
INVISIBLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")
# A line, or what ends with a full stop or question mark that is not ASCII (። ؟ 。 ।) or with the Ethiopic "::".
SENTENCE_END = regex.compile(r"\n|(?<=[\p{Sentence_Terminal}--\p{ASCII}])|(?<=\p{Ethiopic}\s*::)", regex.VERSION1)


def fold(text: str) -> str:
    """NFC, every run of white space one blank, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words(text: str) -> list[str]:
    """Lower-cased word tokens of text in any script, in order.

    Unicode Standard Annex #29, §4; ASCII text, and ASCII marks in any text, as `[a-z0-9]+` cuts them.
    """
    if text.isascii():
        return ASCII_WORD.findall(text.lower())
    return WORD.findall(INVISIBLE.sub("", unicodedata.normalize("NFC", text).lower()).translate(CUTS))


def sentences(text: str) -> list[str]:
    """Lines, and within them sentences that end with a mark that is not ASCII; ASCII full stops end none, as in
    the reference implementation of ROUGE-Lsum. Blank ones are left out."""
    if text.isascii():
        return [line for line in text.split("\n") if line]
    return [part for part in SENTENCE_END.split(text) if part and not part.isspace()]
