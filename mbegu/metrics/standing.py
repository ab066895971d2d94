"""Does all that a text states stand in its source? Numbers and names do or don't; sums can be done again. No model judges."""

from collections.abc import Iterator
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import lru_cache
from itertools import chain
from operator import add, mul, sub, truediv

import regex

from mbegu.metrics.entities import entities
from mbegu.metrics.facts import mark_numbers
from mbegu.text.kin import CONSONANTS, DIGIT, letters
from mbegu.text.settings import Locale
from mbegu.text.words import fold, words

DIGITS = regex.compile(r"\d++(?:[.,]\d++)*+")
# A word with a capital that begins no sentence, line, quotation or cell of a table: there capitals tell nothing of names.
NAME = regex.compile(r"(?<![\p{L}\p{N}'’-])\p{Lu}[\p{L}\p{M}\p{N}]*+(?:['’-][\p{L}\p{M}\p{N}]++)*+")
OPENS = regex.compile(r"(?:^|[.!?:;|\n\"“«(\[*#>—–-]|[።؟፧])\s*+$")
GENITIVE = regex.compile(r"['’]s?$")
SELF = frozenset({"i"})
SHORTEST_SPELLED = 4  # letters, in other scripts: Nyumba in Nyumbani
SHORTEST = 2  # consonants of a name that may stand within a longer word: Meru is መሩ, and of Meru የመሩ
NUMBER = r"(-?\d++(?:[ ,]\d{3})*+(?:\.\d++)?+)"
UNIT = r"(?:\s*\p{L}{1,12}){0,2}\s*"
SUM = regex.compile(rf"{NUMBER}{UNIT}([-+−–×x*÷/])\s*(?:\p{{Lu}}{{2,3}}\s*)?{NUMBER}{UNIT}=\s*(?:\p{{Lu}}{{2,3}}\s*)?{NUMBER}")
DO = {"+": add, "-": sub, "−": sub, "–": sub, "×": mul, "x": mul, "*": mul, "÷": truediv, "/": truediv}


def strange(text: str, source: str, locale: Locale, naming: str = "") -> list[str]:
    """Numbers and names that a text states and its source does not, as they stand in the text, in order.

    Args:
        naming: more text whose names, and not its numbers, may be told: the document of which the source is a part.

    A number may be spelled otherwise ("twelve", "KES 12"), be a word's digits in the source ("45.8" under "KES million"), or be
    the result of a sum that is right and whose terms stand in the source. A name is a word with a capital within a sentence:
    scripts without capitals have none, and are held to their source by the share of its words (`overlaps`).
    """
    return [*_numbers(text, source, locale), *_names(text, (source, naming), locale)]


def _numbers(text: str, source: str, locale: Locale) -> Iterator[str]:
    digits = set(DIGITS.findall(source))
    digits |= {result for *terms, result, right in _sums(text) if right and digits.issuperset(terms)}
    told = [text[one.start : one.end] for one in entities(text, locale) if one.kind != "name"]
    if all(_spelled(piece, digits) for piece in told):
        return  # before the whole source is read for its numbers, which takes longer than all else
    for piece, mark in mark_numbers(text, source, "", locale):
        if mark == "wrong" and not _spelled(piece, digits):
            yield piece.strip()


def _spelled(piece: str, digits: set[str]) -> bool:
    found = set(DIGITS.findall(piece))
    return bool(found) and found <= digits


def _names(text: str, sources: tuple[str, str], locale: Locale) -> Iterator[str]:
    known = {*chain.from_iterable(map(_known, sources)), *words(f"{locale.currency} {' '.join(locale.names)}"), *SELF}
    for match in NAME.finditer(text):
        told = words(GENITIVE.sub("", match[0]))
        if OPENS.search(text, max(0, match.start() - 8), match.start()) or set(told) <= known:
            continue
        if not all(word in known or any(_bent(word, other) for other in known) for word in told):
            yield match[0]


def wrong_sums(text: str) -> list[str]:
    """Sums such as "12 × 350 = 4,100" that come out otherwise, as they stand in the text."""
    return [match[0] for match in SUM.finditer(text) if not _right(match)]


def _sums(text: str) -> list[tuple[str, str, str, bool]]:
    return [(match[1], match[3], match[4], _right(match)) for match in SUM.finditer(text)]


def _right(match: regex.Match[str]) -> bool:
    first, second, result = (Decimal(match[number].replace(",", "").replace(" ", "")) for number in (1, 3, 4))
    try:
        found = DO[match[2]](first, second)
    except (DivisionByZero, InvalidOperation):
        return False
    places = Decimal(1).scaleb(result.as_tuple().exponent)  # type: ignore[arg-type]  # a number that digits spell is finite
    return bool(abs(found - result) <= places / 2)


def stands(part: str, source: str) -> bool:
    """Whether all words of a part, such as a name or a value, stand in a source, bent as its language bends them."""
    known = _known(source)
    return bool(words(part)) and all(word in known or any(_bent(word, other) for other in known) for word in words(fold(part)))


@lru_cache(256)
def _known(source: str) -> frozenset[str]:
    """A source's words: that of a long document is asked for with each of its facts."""
    return frozenset(words(source))


@lru_cache(1_000_000)
def _bent(word: str, other: str) -> bool:
    """Whether one word is the other with what its language puts before or after it; numbers are not bent.

    That two words share a stem (`kin.akin`) is too little for a name: so do Nairobi and Meru in Arabic.
    """
    short, long = sorted((letters(word), letters(other)), key=len)
    shortest = SHORTEST if CONSONANTS.search(word) else SHORTEST_SPELLED
    return len(short) >= shortest and short in long and not DIGIT.search(word + other)
