"""Dates by the names of their months, Gregorian and Ethiopian.

Names are those of Unicode's CLDR in a project's languages, which `babel` carries, and other spellings in use. A date of the
Ethiopian calendar that has a day, month and year is the Gregorian day that it falls on; any other stays what it is, "EC 2016"
or "EC --05-11", and equals only itself.

>>> gregorian("EC 2016-01-01"), gregorian("EC 2015-13-06"), gregorian("EC 2016-01")
('2023-09-12', '2023-09-11', 'EC 2016-01')
"""

import datetime
import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import babel
import regex

from mbegu.metrics.numerals import GRAMMARS
from mbegu.metrics.spelling import any_of, fold

ETHIOPIAN = "EC "
SPELLINGS = {
    "en": {9: "Sept"},
    "sw": {12: "Disemba"},
    "am": {
        1: "ጃንዩወሪ ጃንዩዋሪ ጃኑዋሪ ጃንዋሪ", 2: "ፌብሩወሪ ፌብርዋሪ ፌቡራሪ", 4: "አፕሪል ኤፕሪል", 8: "ኦጎስት ኦገስት አውጉስት", 9: "ሴብቴምበር ሴፕተምበር",
        10: "ኦክተበር ኦክቶበር", 11: "ኖቨምበር ኖቬምበር", 12: "ዲሰምበር ዲሴምበር",
    },
}  # fmt: skip
ETHIOPIAN_MONTHS = (
    "መስከረም ጥቅምት/ጥቅምቲ ህዳር/ኅዳር ታህሳስ/ታኅሣሥ ጥር የካቲት መጋቢት ሚያዝያ/ሚያዚያ ግንቦት ሰኔ ሐምሌ ነሐሴ ጳጉሜን/ጳጉሜ/ጷጉሜን/ጷጉሜ"
)  # fmt: skip
IN_LATIN = (
    "Meskerem Tikimt/Tikemt/Tiqimt Hidar Tahsas/Tahisas Tir/Ter Yekatit Megabit Miyazya/Miazia/Miyazia Ginbot/Genbot Sene Hamle"
    " Nehase/Nehasse Pagume/Pagumen"
)

TENS = {"sw": {"kumi na": 10, "ishirini na": 20, "thelathini na": 30}, "am": {"አስራ": 10, "ሃያ": 20, "ሰላሳ": 30}}

YEAR = r"(?P<y>(?:19|20)\d\d)(?!\d|,\d)"
# Ethiopic prepositions stand at the word.
FREE = r"(?<![\p{L}\p{N}\p{M}])"
START = rf"(?:{FREE}|(?<={FREE}(?:[በከለየ]|እስከ|ስለ|እንደ|ወደ)))"
END = r"(?![\p{L}\p{N}\p{M}])"
BY_OUR_COUNT = r" ?(?P<era>አ[./] ?ም\.?|አም|E\. ?C\.|EC)(?!\p{L})"  # ዓመተ ምሕረት; "spelling.plain" has አ for ዓ
BY_THEIRS = r"(?P<gregorian>እ\. ?ኤ\. ?አ\.?|እኤአ) ?[በከለየ]?"  # እንደ ኤውሮፓውያን አቆጣጠር, as Europeans count


class Calendar(NamedTuple):
    """How dates are written in a project's languages."""

    pattern: str  # of a text as `spelling.plain` gives it
    months: Mapping[str, str]  # "05" or "EC 09" by folded name
    said: Mapping[str, int]  # days and months by their number in words


@functools.lru_cache(maxsize=16)
def calendar(languages: Sequence[str]) -> Calendar:
    """The calendar of texts in the languages, a tuple of those of `spelling.languages`."""
    named = [pair for language in languages for pair in _months(language)]
    if "am" in languages:
        named += _numbered(ETHIOPIAN_MONTHS, ETHIOPIAN) + _numbered(IN_LATIN, ETHIOPIAN)
    capital = any_of(fold(name) for name, _ in named if name[0].isupper())  # "May", not "may"
    other = any_of(fold(name) for name, _ in named if not name[0].isupper())
    month = rf"(?P<month>{START}(?:(?=\p{{Lu}})(?i:{capital})|(?i:{other})){END})\.?"
    said = {word: day for language in languages if language in TENS for word, day in _days(language).items()}
    return Calendar("|".join(_forms(month, languages, said)), {fold(name): value for name, value in named}, said)


def _months(language: str) -> list[tuple[str, str]]:
    names = babel.Locale.parse(language).months
    found = [
        (name.removesuffix("."), f"{month:02}")
        for use in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for month, name in names[use][width].items()
        if not name[0].isdigit()
    ]
    return found + [(name, f"{month:02}") for month, more in SPELLINGS.get(language, {}).items() for name in more.split()]


def _numbered(months: str, prefix: str) -> list[tuple[str, str]]:
    return [(name, f"{prefix}{month:02}") for month, names in enumerate(months.split(), 1) for name in names.split("/")]


def _days(language: str) -> dict[str, int]:
    """The days of a month in words."""
    ones = {word: int(value) for word, value in GRAMMARS[language].values.items() if 1 <= value < 10}
    tens = {fold(word): value for word, value in TENS[language].items()}
    both = {f"{ten} {one}": tens[ten] + ones[one] for ten in tens for one in ones if tens[ten] + ones[one] <= 31}
    alone = {ten.removesuffix(" na"): value for ten, value in tens.items()}
    return ones | alone | both | ({"mosi": 1, "kwanza": 1, "pili": 2} if language == "sw" else {fold("አስር"): 10})


def _forms(month: str, languages: Sequence[str], said: Mapping[str, int]) -> list[str]:
    year = rf"{YEAR}(?:{BY_OUR_COUNT})?" if "am" in languages else rf"{YEAR}(?P<era>(?!))?(?P<gregorian>(?!))?"
    then = rf"(?:(?:፣ ?|/|,? )(?:(?:of|ya|mwaka(?: wa)?) )?{year})"
    day = r"(?P<d>\d\d?)"
    nth = rf"(?i:mwezi wa) (?P<nth>\d\d?|{any_of(word for word, number in said.items() if number <= 12)})"
    forms = [
        rf"{YEAR}(?P<sep>[/.-])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?!\d)",
        rf"{day}(?P<sep>[/.-])(?P<m>\d\d?)(?P=sep){year}",
        rf"{day}(?:st|nd|rd|th)?(?: of| ya| ቀን)?(?: mwezi(?: wa)?)? {month}{then}?",
        rf"{month} {day}(?:st|nd|rd|th)?(?![\d%]|[.,]\d| %| per)(?: ቀን)?{then}?",
        rf"{month}(?: ወር)?{then}",
    ]
    if "sw" in languages:
        forms += [
            rf"(?i:tarehe) (?P<said>{any_of(said)})(?: ya)?(?: mwezi)? (?:{month}|{nth}){then}?",
            rf"{month} (?P<said>mosi|Mosi)",
            rf"(?<=(?i:tarehe) ){day}(?: ya)? {nth}{then}?",
            rf"{nth}{then}",
        ]
    if "am" in languages:
        forms += [rf"{month} (?P<said>{any_of(said)}) ቀን{then}?"]
        forms = [rf"(?:{BY_THEIRS})?(?:{'|'.join(forms)})", rf"{BY_THEIRS}{year}", rf"{YEAR}{BY_OUR_COUNT}"]
    return forms


def value(match: regex.Match[str], known: Calendar) -> str | None:
    """The known parts of a date as in ISO 8601; None for a day that no calendar has.

    A slashed date is day first unless it can't be. Dates of the Ethiopian calendar begin with `ETHIOPIAN`, and are not yet
    converted: a range may share a month.
    """
    found = match.groupdict()
    year, day = found["y"] or "-", int(found["d"] or known.said.get(fold(found.get("said") or ""), 0))
    name = known.months.get(fold(found["month"] or ""), "")
    number = known.said.get(found.get("nth") or "") or int(name[-2:] or found["m"] or found.get("nth") or 0)
    ethiopian = name.startswith(ETHIOPIAN) or bool(found["era"] and not name and not found["gregorian"])
    prefix = ETHIOPIAN if ethiopian else ""
    if not number:
        return f"{prefix}{year}" if found["y"] else None
    if found["m"] and number > 12:
        day, number = number, day
    has_day = bool(found["d"] or found.get("said"))
    if not 1 <= number <= 12 + ethiopian or (has_day and not 1 <= day <= _longest(number, year, ethiopian)):
        return None
    return f"{prefix}{year}-{number:02}-{day:02}" if has_day else f"{prefix}{year}-{number:02}"


def _longest(month: int, year: str, ethiopian: bool) -> int:
    """Days of a month: an Ethiopian one has 30, the thirteenth 5 or, before a leap year, 6."""
    if not ethiopian:
        return 31
    return 30 if month <= 12 else 6 if year == "-" or int(year) % 4 == 3 else 5


def gregorian(date: str) -> str:
    """The Gregorian day of a whole Ethiopian date; any other date as it is.

    The day count is that of Reingold and Dershowitz, "Calendrical Calculations", §4: the Ethiopian calendar is the Coptic one,
    twelve months of 30 days and a short one, with year 1 from day 2,796 of the Gregorian count that Python's `datetime` uses.
    """
    found = regex.fullmatch(rf"{ETHIOPIAN}(\d{{4}})-(\d\d)-(\d\d)", date)
    if not found:
        return date
    year, month, day = map(int, found.groups())
    return datetime.date.fromordinal(2796 + 365 * (year - 1) + year // 4 + 30 * (month - 1) + day - 1).isoformat()
