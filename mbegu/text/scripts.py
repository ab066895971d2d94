"""Which script a text is written in."""

import unicodedata
from collections import Counter

import regex

from mbegu.errors import BadInput

OTHER = "other"  # what has no letter: numbers, signs, emoji


def script(word: str) -> str:
    """The script of most letters of a word, the earlier of two with as many: the first word of their names in Unicode."""
    found = Counter(unicodedata.name(letter, OTHER).split(" ", 1)[0] for letter in word if letter.isalpha())
    return found.most_common(1)[0][0].capitalize() if found else OTHER


def within(scripts: list[str]) -> regex.Pattern[str]:
    """Matches, as a whole, letters of these scripts with their marks, or one other sign of them.

    Args:
        scripts: as Unicode calls them: Ethiopic, Arabic, Han, …

    Raises:
        BadInput: Unicode has no such script.
    """
    try:
        union = "".join(rf"\p{{Script={regex.escape(name)}}}" for name in scripts)
        return regex.compile(rf"[[{union}]&&[\p{{L}}\p{{M}}]]+|[{union}]", regex.VERSION1)
    except regex.error:
        raise BadInput(
            f"scripts: one of {', '.join(scripts)} is no script that Unicode knows, such as Ethiopic or Han."
        ) from None
