"""What an answer must mention: products, prices, telephone numbers, handles."""

import unicodedata

import regex

from mbegu.text.ethiopic import HOMOPHONES
from mbegu.text.words import INVISIBLE

BETWEEN = r"[^\p{L}\p{N}]{0,3}"  # what may stand between two signs of a mention: 0900 00 11 21, 24,500 ብር


def mentioned(wanted: list[str], text: str) -> int:
    """How many of the mentions stand in a text, whatever blanks and marks are between their letters and digits.

    Case, letters that sound alike in Amharic, and the script of digits make no difference. A number is not found within a
    longer one; a word is found within a longer one, as languages put cases and articles before and after it.

    >>> mentioned(["0900 00 11 21", "24,500 ብር"], "በ24500ብር ብቻ፤ ይደውሉ 0900-00-11-21")
    2
    """
    folded = _fold(text)
    return sum(_pattern(_fold(mention)).search(folded) is not None for mention in wanted)


def _fold(text: str) -> str:
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().translate(HOMOPHONES)
    return "".join(str(unicodedata.decimal(char, char)) for char in plain)


def _pattern(mention: str) -> regex.Pattern[str]:
    signs = regex.findall(r"[\p{L}\p{N}\p{M}]", mention)
    if not signs:
        return regex.compile(regex.escape(mention))
    inside = BETWEEN.join(map(regex.escape, signs))
    before = r"(?<!\p{N}[.,]?)" if signs[0].isdecimal() else ""
    after = r"(?![.,]?\p{N})" if signs[-1].isdecimal() else ""
    return regex.compile(before + inside + after)
