"""Amounts, percentages, dates, numbers and names in a financial text, in English, Swahili or Amharic.

>>> [(entity.kind, entity.value) for entity in entities("Ksh 1.5m at 8-10 percent since 2 May 2024, says the CMA.")]
[('amount', 'KES 1500000'), ('percentage', '8%'), ('percentage', '10%'), ('date', '2024-05-02'), ('name', 'cma')]
"""

import functools
import itertools
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeVar

import regex

from mbegu.text.words import INVISIBLE

K = TypeVar("K")

# Currency by its names, the longer and narrower first. A shilling that names no country is Kenya's, a dollar the USA's.
CURRENCIES = {
    "UGX": r"UGX|USh(?:s?\.|s)?|Ugandan? shillings?",
    "TZS": r"TZS|TSh(?:s?\.|s)?|Tanzanian? shillings?",
    "KES": r"KES|K?Shs?\.?|(?:Kenyan? )?shillings?|shilingi|/[-=]|(?:የኬንያ )?ሽልንግ",
    "USD": r"USD|US ?\$|\$|(?:US )?dollars?|dola(?: za Marekani)?|(?:የአሜሪካ )?ዶላር",
    "EUR": r"EUR|€|euros?|yuro|ዩሮ",
    "GBP": r"GBP|£|pounds?(?: sterling)?|pauni|ፓውንድ",
    "ETB": r"ETB|(?:Ethiopian )?birr|Br\.?|(?:የኢትዮጵያ )?ብር",
    "NGN": r"NGN|₦|naira",
    "INR": r"INR|₹|rupees?",
    "ZAR": r"ZAR|rand",
} | {code: code for code in ("RWF", "GHS", "AED", "CNY", "JPY", "CHF", "CAD", "AUD")}
# Power of ten by its names; a single letter counts only where it touches the number.
SCALES = {3: "k|thousand|elfu|ሺህ?", 5: "lakhs?|laki", 6: "m|mn|mln|million|milioni|ሚሊዮን"}
SCALES |= {9: "b|bn|billion|bilioni|ቢሊዮን", 12: "tn|trillion|trilioni|ትሪሊዮን"}
# The month by its first three letters, English or Swahili.
TWELVE = ("janfebmaraprmayjunjulaugsepoctnovdec", "janfebmacaprmeijunjulagosepoktnovdes")
MONTHS = {names[i : i + 3]: 1 + i // 3 for names in TWELVE for i in range(0, 36, 3)}
# Characters that NFKD leaves alone and that mean the same: dashes, Arabic separators and percent sign, fractions.
ALIKE = dict(zip("‐‑−—٫٬٪½¼¾", ["-", "-", "-", "–", ".", ",", "%", ".5", ".25", ".75"], strict=True))

PIECE = regex.compile(r"[፩-፼]{1,12}|.", regex.DOTALL)  # 12 Ethiopic numerals write any sum of money
# A word or digit before a number makes it a part of something else ("M2"), but for a times sign ("500x18"). Ethiopic
# prepositions stand at the number ("ከ100"), so only Latin letters count.
EDGE = r"(?:(?<![\p{Latin}\p{N}])|(?<=\dx))(?<!\d[.,](?=\d))"
WORD_START, WORD_END = r"(?<![\p{L}\p{N}\p{M}])", r"(?![\p{L}\p{N}\p{M}])"
YEAR = r"(?P<y>(?:19|20)\d\d)(?!\d|,\d)"
MONTH = (
    r"(?P<month>(?=\p{Lu})(?i:Jan(?:uary|uari)?|Feb(?:ruary|ruari)?|Mar(?:ch)?|Machi|Apr(?:ili?)?|May|Mei|Jun[ei]?|Jul(?:y|ai)?"
    r"|Aug(?:ust)?|Agosti|Sep(?:t|tember|temba)?|Oct(?:ober)?|Oktoba|Nov(?:ember|emba)?|Dec(?:ember)?|Desemba)(?!\p{Latin}))\.?"
)
DATE = (
    rf"{YEAR}(?P<sep>[/.-])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?!\d)|(?P<d>\d\d?)(?P<sep>[/.-])(?P<m>\d\d?)(?P=sep){YEAR}"
    rf"|(?P<d>\d\d?)(?:st|nd|rd|th)?(?: of| ya)? {MONTH}(?:,? {YEAR})?"
    rf"|{MONTH} (?P<d>\d\d?)(?:st|nd|rd|th)?(?![\d%]|[.,]\d| %| per)(?:,? {YEAR})?|{MONTH},? {YEAR}"
)
MARKER = r"^[ >*#_-]{0,8}\(?\d\d?[.)](?=[ *_])"
# Not numbers: versions and addresses, telephone numbers.
OTHER = r"\d++(?:\.\d++){2,}+|\+\d{1,3}(?:[ -]?\d{3}){2}[ -]?\d{3,4}(?!\d)|0\d{1,3}[ -]?\d{3}[ -]?\d{3,4}(?!\d)"
# Every repetition is bounded or possessive, so that a match takes time linear in the text.
DIGITS = (
    r"(?P<digits>(?:\d{1,3}(?:,\d{2,3}){0,8},\d{3}(?!\d)|\d{1,3}(?: \d{3}){1,5}(?!\d|,\d)|\d{1,27}+(?!\d))"
    r"(?:\.\d++)?+(?!\.\d|\u20E3)|(?<!\.)\.\d++)"  # not in a keycap emoji
)
CURRENCY = "(?i:" + "|".join(CURRENCIES.values()) + ")"
SCALE = r"(?P<scale>(?i:[ -]?(?:" + "|".join(SCALES.values()) + r"))(?!\p{L})(?<![ -][A-Za-z]))"
PERCENT = r"(?P<percent>(?i:%|percent(?:age points?)?|per cent|pct|pp|basis points?|bps?|points?|በመቶ|ፐርሰንት))(?!\p{Latin})"
# Between numbers a minus subtracts; elsewhere it is a sign.
SIGN = r"(?P<sign>(?<![\p{L}\p{N}%)])(?<![\p{N}%)] )-|(?<!(?:[\d%)]|percent|shillings) )(?i:minus) )?"
NUMBER = (
    rf"{EDGE}{SIGN}(?:(?P<before>{CURRENCY}) {{0,2}})?{SIGN}(?:(?P<percent>(?i:asilimia )|በመቶ |%))?"
    rf"(?:(?P<scale>(?i:elfu|laki|milioni|bilioni|trilioni)) )?{DIGITS}{SCALE}?"
    rf"(?:[ -]?{PERCENT}|[ -]?(?P<after>{CURRENCY})(?!\p{{Latin}})(?! ?\d))?"
)
NOT_NAMES = "|".join(CURRENCIES) + "|KSHS?|[IVX]+"  # currency codes and Roman numerals
ACRONYM = rf"{WORD_START}(?!(?:{NOT_NAMES}){WORD_END})(?P<acronym>\p{{Lu}}{{2,6}})(?=s?{WORD_END})"
JOINT = regex.compile(r"(?P<range>[-–]| [-–] | (?:to|hadi|mpaka|እስከ) )| (?:and|or|na|au|እና|ወይም|&) ", regex.IGNORECASE)


class Entity(NamedTuple):
    """Something a financial answer can get right or wrong."""

    kind: str  # "amount", "percentage", "date", "name" or "number"
    value: str  # normalized: "KES 4200", "6.5%", "2024-05-02", "--05-02", "2026-06", "2026", "cma", "1200"
    start: int  # span in the text as given, in characters
    end: int


class _Part(NamedTuple):
    kind: str
    unit: str  # a currency or "%"; of a date or name the whole value
    start: int
    end: int
    leads: bool  # the unit or month stands before the number
    number: Decimal = Decimal(0)
    scale: Decimal = Decimal(1)


def entities(text: str, names: Sequence[str] = ()) -> list[Entity]:
    """Amounts, percentages (points and basis points too), dates, other numbers, acronyms and the given `names`.

    In order of position, without overlaps. Numbers are read as English and Swahili write them: "1,000.50", "1 000",
    in decimal digits of any script or Ethiopic numerals; "1.000.000" is skipped, like versions, telephone numbers
    and list markers. Numerals only, no number words. `names` are found as whole words in any case. A slashed date is
    day first unless it can't be. A bare 1900 to 2099 is a date. Time is linear in the length of the text.
    """
    plain, spans = _plain(text)
    parts = [part for match in _pattern(tuple(names)).finditer(plain) if (part := _read(match))]
    _share_units(parts, plain)
    return [Entity(part.kind, _value(part), spans[part.start][0], spans[part.end - 1][1]) for part in parts]


@functools.lru_cache(maxsize=64)
def _pattern(names: tuple[str, ...]) -> regex.Pattern[str]:
    """One pattern for everything, so that nothing overlaps: list markers, names, dates, non-numbers, numbers, acronyms."""
    spelled = sorted((words for name in names if (words := _plain(name)[0].split())), key=lambda words: -len(" ".join(words)))
    given = "|".join(r"\s{1,4}".join(map(regex.escape, words)) for words in spelled) or "(?!)"
    whole = rf"{WORD_START}(?P<given>(?i:{given})){WORD_END}"
    return regex.compile(rf"(?m:{MARKER})|{whole}|{EDGE}(?:{DATE}|{OTHER})|{NUMBER}|{ACRONYM}")


def _plain(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Text with one spelling for each character, and for each character of it the span it has in `text`."""
    plain: list[str] = []
    spans: list[tuple[int, int]] = []
    for match in PIECE.finditer(text):
        plain.append(_spell(match[0]))
        spans += [match.span()] * len(plain[-1])
    return "".join(plain), spans


@functools.lru_cache(maxsize=4096)
def _spell(piece: str) -> str:
    """ASCII digits and blanks, NFKD letters, and nothing for what is invisible."""
    if "፩" <= piece[0] <= "፼":
        return _ethiopic(piece)
    if INVISIBLE.match(piece):
        return ""
    if piece in ALIKE:
        return ALIKE[piece]
    if unicodedata.decimal(piece, None) is not None:
        return str(unicodedata.decimal(piece))
    if piece == "\t" or unicodedata.category(piece) == "Zs":
        return " "
    # NFKD of an exponent would make 10² one hundred and two
    return piece if unicodedata.category(piece) == "No" else unicodedata.normalize("NFKD", piece)


def _ethiopic(numerals: str) -> str:
    """፻ (100) multiplies the ones and tens before it, ፼ (10,000) all before it: ፳፻፲፮ is 2016."""
    total = hundreds = low = 0
    for value in map(int, map(unicodedata.numeric, numerals)):
        if value < 100:
            low += value
        elif value == 100:
            hundreds, low = hundreds + (low or 1) * 100, 0
        else:
            total, hundreds, low = (total + hundreds + low or 1) * 10_000, 0, 0
    return str(total + hundreds + low)


def _read(match: regex.Match[str]) -> _Part | None:
    place = (*match.span(), not match[0][0].isdigit())
    if name := match["given"] or match["acronym"]:
        return _Part("name", " ".join(name.casefold().split()), *place)
    if match["digits"]:
        return _quantity(match, place)
    date = _date(match)
    return _Part("date", date, *place) if date else None


def _quantity(match: regex.Match[str], place: tuple[int, int, bool]) -> _Part:
    number = Decimal(match["digits"].replace(",", "").replace(" ", "")) * (-1 if match["sign"] else 1)
    scale = Decimal(10) ** (_key(SCALES, match["scale"].strip(" -")) if match["scale"] else 0)
    if percent := match["percent"]:
        return _Part("percentage", "%", *place, number, Decimal("0.01") if percent[0] in "bB" else scale)
    if currency := match["before"] or match["after"]:
        return _Part("amount", _key(CURRENCIES, currency), *place, number, scale)
    if regex.fullmatch(r"(?:19|20)\d\d", match[0]):
        return _Part("date", match[0], *place, number)
    return _Part("number", "", *place, number, scale)


def _key(table: Mapping[K, str], word: str) -> K:
    return next(key for key, pattern in table.items() if regex.fullmatch(pattern, word, regex.IGNORECASE))


def _date(match: regex.Match[str]) -> str | None:
    """The known parts as in ISO 8601, or None for a list marker, a non-number or a day that no calendar has."""
    year, day = match["y"] or "-", int(match["d"] or 0)
    if not (match["month"] or match["m"]):
        return None
    month = MONTHS[match["month"][:3].lower()] if match["month"] else int(match["m"])
    if match["m"] and month > 12:
        day, month = month, day
    if not 1 <= month <= 12 or (match["d"] and not 1 <= day <= 31):
        return None
    return f"{year}-{month:02}-{day:02}" if match["d"] else f"{year}-{month:02}"


def _share_units(parts: list[_Part], plain: str) -> None:
    """Give both ends of a range, in place, what only one of them names: "8 to 10%", "KES 1-2 million", "9 and 16 May"."""
    joints = [JOINT.fullmatch(plain, a.end, b.start) for a, b in itertools.pairwise(parts)]
    for i in reversed(range(len(joints))):
        if joint := joints[i]:
            parts[i] = _as_right(parts[i], parts[i + 1], joint)
    for i, joint in enumerate(joints):
        left, right = parts[i : i + 2]
        if joint and joint["range"] and left.leads and left.kind in ("amount", "percentage") and right.kind == "number":
            parts[i + 1] = right._replace(kind=left.kind, unit=left.unit)


def _as_right(left: _Part, right: _Part, joint: regex.Match[str]) -> _Part:
    subtraction = joint[0] == " - " and left.number >= right.number
    if left.kind not in ("number", "amount") or (left.unit not in ("", right.unit) and right.unit) or subtraction:
        return left
    if right.kind == "date":
        in_month = left.kind == "number" and "-" in right.unit and not right.leads and left.number in range(1, 32)
        return left._replace(kind="date", unit=f"{right.unit[:-2]}{int(left.number):02}") if in_month else left
    if left.scale == 1 and (left.number < right.number or right.kind == "percentage"):
        left = left._replace(scale=right.scale)
    takes = right.kind == "percentage" or (right.kind == "amount" and joint["range"])
    return left._replace(kind=right.kind, unit=right.unit) if takes else left


def _value(part: _Part) -> str:
    if part.kind in ("date", "name"):
        return part.unit
    number = format((part.number * part.scale).normalize() + 0, "f")
    return f"{part.unit} {number}" if part.kind == "amount" else number + part.unit
