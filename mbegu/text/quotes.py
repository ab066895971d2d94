"""Where the words of a quote stand in a text."""

import regex

from mbegu.text.words import fold


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """Start and end of a quote in a text, any run of white space counting as one; None if it is nowhere."""
    folded = fold(quote)
    found = regex.search(r"\s+".join(map(regex.escape, folded.split(" "))), text) if folded else None
    return found.span() if found else None
