"""One spelling for each character, so that a pattern has to know but one; patterns of many words; languages by one code."""

import functools
import unicodedata
from collections.abc import Iterable

import babel
import regex

from mbegu.text.ethiopic import HOMOPHONES, numeral
from mbegu.text.words import INVISIBLE

PIECE = regex.compile(r"[፩-፼]{1,12}|.", regex.DOTALL)  # 12 Ethiopic numerals write any sum of money
# Characters that NFKD leaves alone and that mean the same: dashes, Arabic separators and percent sign, fractions.
ALIKE = dict(zip("‐‑−—٫٬٪½¼¾", ["-", "-", "-", "–", ".", ",", "%", ".5", ".25", ".75"], strict=True))


def plain(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Text with one spelling for each character, and for each character of it the span it has in `text`."""
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    for match in PIECE.finditer(text):
        pieces.append(spell(match[0]))
        spans += [match.span()] * len(pieces[-1])
    return "".join(pieces), spans


@functools.lru_cache(maxsize=4096)
def spell(piece: str) -> str:
    """ASCII digits and blanks, NFKD letters, one of Ethiopic letters that sound alike, and nothing for what is invisible.

    Args:
        piece: one character, or Ethiopic numerals.
    """
    if "፩" <= piece[0] <= "፼":
        return str(numeral(piece))
    if INVISIBLE.match(piece):
        return ""
    if piece in ALIKE:
        return ALIKE[piece]
    if unicodedata.decimal(piece, None) is not None:
        return str(unicodedata.decimal(piece))
    if piece == "\t" or unicodedata.category(piece) == "Zs":
        return " "
    # NFKD of an exponent would make 10² one hundred and two
    return piece if unicodedata.category(piece) == "No" else unicodedata.normalize("NFKD", piece).translate(HOMOPHONES)


def languages(codes: Iterable[str]) -> tuple[str, ...]:
    """The languages that Unicode's CLDR knows of those named, English first: "am" for "amh" and "am-ET", each once."""
    found = ["en"]
    for code in codes:
        try:
            found.append(babel.Locale.parse(code.replace("-", "_")).language)
        except (babel.UnknownLocaleError, ValueError):
            continue  # a language that nobody has described yet has no names there
    return tuple(dict.fromkeys(found))


def fold(words: str) -> str:
    """Words as the keys of a table have them: one spelling, lower case, one blank between."""
    return " ".join(plain(words)[0].casefold().split())


def any_of(words: Iterable[str]) -> str:
    """A pattern of the longest of the words that is found, as a tree of their letters: a list of thousands would be tried
    one by one, at each place of a text."""
    return _tree(sorted({word for word in words if word})) or "(?!)"


def _tree(words: list[str]) -> str:
    branches: dict[str, list[str]] = {}
    for word in words:
        if word:
            branches.setdefault(word[0], []).append(word[1:])
    found = [regex.escape(letter) + _tree(rest) for letter, rest in branches.items()]
    whole = f"(?:{'|'.join(found)})" if len(found) > 1 or (found and "" in words) else "".join(found)
    return whole + "?" if found and "" in words else whole
