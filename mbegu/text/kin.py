"""Words of one stem, whatever the language puts before and after it: shule and shuleni, huanza and wanaanza, ትምህርት and በትምህርቱ."""

import unicodedata

import regex

from mbegu.text.ethiopic import HOMOPHONES

# In these scripts a letter is a consonant, with or without its vowel, so that fewer of them make a stem.
CONSONANTS = regex.compile(r"[\p{Ethiopic}\p{Arabic}\p{Hebrew}\p{Syriac}]")
MARKS = regex.compile(r"\p{Mn}+")
DIGIT = regex.compile(r"\p{N}")
# The Ethiopic block has a row of eight for each consonant. Beside those that sound alike, ኸ is near to ሀ, and letters with a w
# between consonant and vowel have rows of their own.
NEAR = str.maketrans({"ኸ": "ሀ", "ኈ": "ሀ", "ዀ": "ሀ", "ቈ": "ቀ", "ኰ": "ከ", "ጐ": "ገ"})
LETTERS = {code: chr(code - code % 8).translate(HOMOPHONES).translate(NEAR) for code in range(0x1200, 0x1358)}


def letters(word: str) -> str:
    """What two forms of a word share: without the vowels and vowel signs of a script of consonants, spelt in one way."""
    if not CONSONANTS.search(word):
        return word
    return MARKS.sub("", unicodedata.normalize("NFD", word)).translate(LETTERS)


def akin(first: str, second: str) -> bool:
    """Whether two lower-cased words are the same or share a run of letters that is long enough for a stem.

    That is half of the longer word, and 5 letters or 3 consonants: on tests/sources/documents the numbers next to them let
    fewer good questions pass, or more poor ones. Words that only end alike (station, nation) may pass. Numbers have no kin.
    """
    if first == second:
        return True
    if DIGIT.search(first + second):
        return False
    one, other = letters(first), letters(second)
    consonants = CONSONANTS.search(first) is not None
    run = max(3 if consonants else 5, (max(len(one), len(other)) + 1) // 2)
    return (consonants and one == other) or any(one[start : start + run] in other for start in range(len(one) - run + 1))
