"""The scripts that a text is written in."""

from collections import Counter

import regex

from mbegu.text.filters import SCRIPT

LETTER = regex.compile(r"\p{L}")


def letters(text: str) -> Counter[str]:
    """Letters of each script; those of a script that we don't tell apart count as "other"."""
    found: Counter[str] = Counter()
    for letter in LETTER.findall(text):
        match = SCRIPT.match(letter)
        found[match.lastgroup if match and match.lastgroup else "other"] += 1
    return found


def purity(answer: str, reference: str) -> tuple[int, int]:
    """(letters of the answer in the reference's main script, letters of the answer); (0, 0) where that script is Latin, which
    most texts of any kind hold, or the reference has no letter.

    >>> purity("ሰላም hello", "ስልክ በ5G")
    (3, 8)
    """
    main = letters(reference)
    script = max(main, key=lambda name: (main[name], name)) if main else "Latin"
    if script == "Latin":
        return 0, 0
    own = letters(answer)
    return own[script], own.total()
