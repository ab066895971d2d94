"""Ethiopic: letters that sound alike, and numerals."""

import unicodedata

# Amharic has lost the sounds that told these letters apart, and people write either: ሐ ኀ and ሀ, ሠ and ሰ, ዐ and አ, ፀ and ጸ,
# each in seven orders; of ሀ and አ the fourth order sounds as the first.
_SERIES = (("ሐ", "ሀ"), ("ኀ", "ሀ"), ("ሠ", "ሰ"), ("ዐ", "አ"), ("ፀ", "ጸ"))
HOMOPHONES = {ord(one) + order: ord(other) + order for one, other in _SERIES for order in range(7)}
HOMOPHONES |= {ord(letter): ord("ሀ") for letter in "ሃሓኃ"} | {ord(letter): ord("አ") for letter in "ኣዓ"}


def numeral(numerals: str) -> int:
    """The value of Ethiopic numerals: ፻ (100) multiplies the ones and tens before it, ፼ (10,000) all before it: ፳፻፲፮ is 2016."""
    total = hundreds = low = 0
    for value in map(int, map(unicodedata.numeric, numerals)):
        if value < 100:
            low += value
        elif value == 100:
            hundreds, low = hundreds + (low or 1) * 100, 0
        else:
            total, hundreds, low = (total + hundreds + low or 1) * 10_000, 0, 0
    return total + hundreds + low
