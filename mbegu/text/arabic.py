"""Words of Arabic script as a search compares them.

The normalisation is that of Larkey, Ballesteros and Connell 2002, "Improving stemming for Arabic information retrieval" (SIGIR),
whose light stemmer takes away article and prepositions; suffixes stay here, as names end like them.
"""

import regex

ARABIC = regex.compile(r"\p{Arabic}")
MARKS = regex.compile(r"[\p{Mn}\u0640]")  # vowels, and the line that only makes a word longer
SPELLED = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه"})
BEFORE = regex.compile(r"^(?:[وف]?(?:[بك]?ال|لل)(?=\p{L}{3})|و(?=\p{L}{4}))")  # والد is no "and"


def stem(word: str) -> str:
    """A word without vowels, hamza, and what Arabic writes before it; a word of another script as it is."""
    if not ARABIC.search(word):
        return word
    return BEFORE.sub("", MARKS.sub("", word).translate(SPELLED))
