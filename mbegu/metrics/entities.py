"""Amounts, percentages, dates, numbers and names in a text, by a project's languages and currency.

>>> from mbegu.text.settings import Locale
>>> here = Locale(["en"], "TZS", unknown="I don't know.", disclaimer="", names=["Mbeya"])
>>> text = "Sh 1.5m or twenty dollars at 8-10 percent since 2 May 2024, says the CMA in Mbeya."
>>> [entity.value for entity in entities(text, here)]
['TZS 1500000', 'USD 20', '8%', '10%', '2024-05-02', 'cma', 'mbeya']
"""

import functools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import regex

from mbegu.metrics import calendars, currencies, numerals
from mbegu.metrics.calendars import END, FREE, START
from mbegu.metrics.parts import Part, join_scales, share_units, value
from mbegu.metrics.spelling import languages, plain
from mbegu.text.settings import Locale

# Power of ten by its names; a single letter counts only where it touches the number.
SCALES = {2: "hundred|mia|መቶ", 3: "k|thousand|elfu|ሺህ?", 5: "lakhs?|laki", 6: "m|mn|mln|million|milioni|ሚሊ[ዮየ]ን|ሚልዮን"}
SCALES |= {9: "b|bn|billion|bilioni|ቢሊ[ዮየ]ን|ቢልዮን", 12: "tn|trillion|trilioni|ትሪሊ[ዮየ]ን"}
# A word or digit before a number joins it to something else ("M2"), but for a times sign ("500x18"). Ethiopic
# prepositions stand at the number ("ከ100"), so only Latin letters count.
EDGE = r"(?:(?<![\p{Latin}\p{N}])|(?<=\dx))(?<!\d[.,](?=\d))"
ABLE = r"(?:(?<!\p{Latin})|(?<=\dx))"  # whatever begins does so here; asked first, as most letters of a text are inside a word
MARKER = r"^[ >*#_-]{0,8}\(?\d\d?[.)](?=[ *_])"
# Not numbers: versions and addresses, telephone numbers.
OTHER = r"\d++(?:\.\d++){2,}+|\+\d{1,3}(?:[ -]?\d{3}){2}[ -]?\d{3,4}(?!\d)|0\d{1,3}[ -]?\d{3}[ -]?\d{3,4}(?!\d)"
# Every repetition is bounded or possessive, so that a match needs time linear in the text.
DIGITS = (
    r"(?P<digits>(?:\d{1,3}(?:,\d{2,3}){0,8},\d{3}(?!\d)|\d{1,3}(?: \d{3}){1,5}(?!\d|,\d)|\d{1,27}+(?!\d))"
    r"(?:(?:\.| (?:nukta|ነጥብ) (?=\d))\d++)?+(?!\.\d|\u20E3)|(?<!\.)\.\d++)"  # not in a keycap emoji
)
SCALE = r"(?P<scale>(?i:[ -]?(?:" + "|".join(SCALES.values()) + r"))(?!\p{L})(?<![ -][A-Za-z]))"
# "saa 2 na nusu" is half past the hour
HALF = r"(?P<half>(?i: and a half|(?<!saa \d\d?) na nusu| ተኩል)(?!\p{L}))"
PERCENT = r"(?P<percent>(?i:%|percent(?:age points?)?|per cent|pct|pp|basis points?|bps?|points?|በመቶ|ከመቶ|ፐርሰንት))(?!\p{Latin})"
# Between numbers a minus subtracts; elsewhere it is a sign.
SIGN = r"(?P<sign>(?<![\p{L}\p{N}%)])(?<![\p{N}%)] )-|(?<!(?:[\d%)]|percent|shillings) )(?i:minus) )?"
LEAD = r"(?P<scale>(?i:elfu|laki|milioni|bilioni|trilioni|mia)) "
# Behind the name of money: "ብርና" (and birr), not "ብርቱካን" (an orange).
WHOLE = rf"(?!\p{{Latin}}|(?!(?:ና|ን|ም|ው|ዎች){END})(?=\p{{L}})\p{{Ethiopic}})"


class Entity(NamedTuple):
    """Something that an answer can get right or wrong."""

    kind: str  # "amount", "percentage", "date", "name" or "number"
    value: str  # normalized: "TZS 4200", "6.5%", "2024-05-02", "--05-02", "2026-06", "2026", "EC 2016", "cma", "1200"
    start: int  # span in the text as given, in characters
    end: int


class _Reader(NamedTuple):
    pattern: regex.Pattern[str]
    money: currencies.Money
    calendar: calendars.Calendar


def entities(text: str, locale: Locale) -> list[Entity]:
    """Amounts, percentages (points and basis points too), dates, other numbers, acronyms and `locale.names`.

    In order of position, without overlaps. Numbers are read as English and Swahili write them: "1,000.50", "1 000",
    in decimal digits of any script or Ethiopic numerals; "1.000.000" is skipped, like versions, telephone numbers
    and list markers. Numbers in words and names of months are read in the project's languages and English; a lone word for ten
    or less only beside a unit or a percent sign (`mbegu.metrics.numerals`). Money that names no country is the project's, if
    that is of its kind; if nobody can say whose, it is a number. `names` are found as whole words in any case. A slashed date
    is day first unless it can't be. A bare 1900 to 2099 is a date. Time is linear in the length of the text.
    """
    spelled, spans = plain(text)
    reader = _reader(languages(locale.languages), locale.currency, tuple(locale.names))
    parts = [part for match in reader.pattern.finditer(spelled) if (part := _read(match, reader))]
    whole = share_units(join_scales(parts, spelled), spelled)
    return [Entity(part.kind, value(part), spans[part.start][0], spans[part.end - 1][1]) for part in whole if not part.lone]


@functools.lru_cache(maxsize=64)
def _reader(spoken: tuple[str, ...], currency: str, names: tuple[str, ...]) -> _Reader:
    """One pattern for everything, so that nothing overlaps."""
    money, calendar = currencies.money(spoken, currency), calendars.calendar(spoken)
    grammars = {language: numerals.GRAMMARS[language] for language in spoken if language in numerals.GRAMMARS}
    idioms = "|".join(grammar.idioms for grammar in grammars.values())
    no_name = "|".join((*currencies.ANY_CASE, regex.escape(currency), "KSHS?", "[IVX]+"))  # Roman numerals, currencies
    forms = [
        rf"(?m:{MARKER})",
        _given(names),
        rf"{START}(?i:{idioms}){END}",
        rf"{EDGE}(?:{calendar.pattern}|{OTHER})",
        _number(money, grammars),
        rf"{FREE}(?!(?:{no_name}){END})(?P<acronym>\p{{Lu}}{{2,6}})(?=s?{END})",
    ]
    return _Reader(regex.compile(rf"{ABLE}(?:{'|'.join(forms)})"), money, calendar)


def _number(money: currencies.Money, grammars: Mapping[str, numerals.Grammar]) -> str:
    words = "|".join(rf"(?P<{language}>{START}(?i:{grammar.number}){END})" for language, grammar in grammars.items())
    before = rf"(?P<before>(?:{START}(?=\p{{L}})|(?!\p{{L}})){money.pattern})"
    after = rf"(?P<after>{money.pattern}){WHOLE}(?! ?\d)"
    return (
        rf"{EDGE}{SIGN}(?:{before} {{0,2}})?{SIGN}(?:(?P<percent>(?i:asilimia )|በመቶ |%))?"
        rf"(?:(?:{LEAD})?{DIGITS}{HALF}?{SCALE}?{HALF}?|{words})"
        rf"(?:[ -]?{PERCENT}|(?(before){money.place}|(?!))|[ -]?{after})?"
    )


def _given(names: Sequence[str]) -> str:
    spelled = sorted((words for name in names if (words := plain(name)[0].split())), key=lambda words: -len(" ".join(words)))
    given = "|".join(r"\s{1,4}".join(map(regex.escape, words)) for words in spelled) or "(?!)"
    return rf"{FREE}(?P<given>(?i:{given})){END}"


def _read(match: regex.Match[str], reader: _Reader) -> Part | None:
    if name := match["given"] or match["acronym"]:
        return Part("name", " ".join(name.casefold().split()), *match.span())
    if match["digits"]:
        return _in_digits(match, reader.money)
    groups = match.groupdict()
    if language := next((language for language in numerals.GRAMMARS if groups.get(language)), None):
        return _in_words(match, language, reader.money)
    date = calendars.value(match, reader.calendar)
    return Part("date", date, *match.span(), leads=not match[0][0].isdigit()) if date else None


def _in_digits(match: regex.Match[str], money: currencies.Money) -> Part:
    digits = regex.sub(r" (?:nukta|ነጥብ) ", ".", match["digits"]).replace(",", "").replace(" ", "")
    number = (Decimal(digits) + (numerals.HALF if match["half"] else 0)) * (-1 if match["sign"] else 1)
    scale = Decimal(10) ** (_power(match["scale"].strip(" -")) if match["scale"] else 0)
    part = Part("number", "", *match.span(), leads=not match[0][0].isdigit(), number=number, scale=scale)
    if match["scale"]:
        part = part._replace(scale_leads=match.start("scale") < match.start("digits"))
    if regex.fullmatch(r"(?:19|20)\d\d", match[0]):
        return part._replace(kind="date", unit=match[0])
    return _with_unit(part, match, money)


def _in_words(match: regex.Match[str], language: str, money: currencies.Money) -> Part | None:
    found = numerals.read(language, match[language])
    leads = match.start(language) > match.start()
    number = found.value / found.scale * (-1 if match["sign"] else 1)
    part = Part("number", "", *match.span(), leads=leads, number=number, scale=found.scale, lone=found.lone)
    if found.lone and (match["percent"] or "").casefold() in ("point", "points", "pp"):
        return None  # "five points to remember"
    first = numerals.GRAMMARS[language].scale_first and found.scale > 1
    return _with_unit(part._replace(scale_leads=first), match, money)


def _with_unit(part: Part, match: regex.Match[str], money: currencies.Money) -> Part:
    if percent := match["percent"]:
        scale = Decimal("0.01") if percent[0] in "bB" else part.scale
        return part._replace(kind="percentage", unit="%", scale=scale, unit_after=match.end("percent") == part.end, lone=False)
    if not (name := match["before"] or match["after"]):
        return part
    part = part._replace(unit_after=not match["before"], lone=False)
    code = currencies.code(money, name, match.groupdict().get("place") or "")
    return part._replace(kind="amount", unit=code) if code else part


def _power(word: str) -> int:
    return next(power for power, pattern in SCALES.items() if regex.fullmatch(pattern, word, regex.IGNORECASE))
