"""Money by its names: codes of ISO 4217, symbols and what people call it.

Names in a project's languages come from Unicode's CLDR, which `babel` carries; a table of our own has what CLDR lacks:
abbreviations, how a language joins a country to a kind of money, and which kind a word names when it names no country.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import babel
from babel.core import get_global
from babel.numbers import get_currency_name, get_currency_symbol

from mbegu.errors import BadInput
from mbegu.metrics.spelling import any_of, fold
from mbegu.text.settings import NO_MONEY

# Read in any case. Others are read in capitals only, and those that are words ("TRY 3 times") only as the project's own.
ANY_CASE = (
    "KES", "TZS", "UGX", "USD", "EUR", "GBP", "ETB", "NGN", "INR", "ZAR", "RWF", "GHS", "AED", "CNY", "JPY", "CHF", "CAD", "AUD",
)  # fmt: skip
WORDS = {"ALL", "BAM", "COP", "CUP", "GEL", "MAD", "MOP", "PEN", "RON", "SOS", "TOP", "TRY"}
SHORT = {
    "KES": ["Ksh", "Kshs"], "TZS": ["Tsh", "Tshs"], "UGX": ["Ush", "Ushs", "Ugsh", "Ugshs"], "SOS": ["Sosh"],
    "RWF": ["Frw"], "BIF": ["Fbu"], "USD": ["US$", "US $"], "GBP": ["pounds sterling", "pound sterling"],
}  # fmt: skip
# A kind of money, by the last word of CLDR's English name, in English, Swahili and Amharic; and its signs.
KINDS = {
    "shilling": {
        "": ["sh", "shs", "/=", "/-"], "en": ["shilling", "shillings"], "sw": ["shilingi"],
        "am": ["ሽልንግ", "ሺልንግ", "ሽሊንግ", "ሺሊንግ"],
    },
    "dollar": {"": ["$"], "en": ["dollar", "dollars"], "sw": ["dola"], "am": ["ዶላር"]},
    "pound": {"": ["£"], "en": ["pound", "pounds"], "sw": ["pauni"], "am": ["ፓውንድ"]},
    "euro": {"": ["€"], "en": ["euro", "euros"], "sw": ["yuro"], "am": ["ዩሮ"]},
    "birr": {"": ["br"], "en": ["birr"], "sw": ["birr", "biri"], "am": ["ብር"]},
    "naira": {"": ["₦"], "en": ["naira"], "sw": ["naira"], "am": ["ናይራ"]},
    "rupee": {"": ["₹", "rs"], "en": ["rupee", "rupees"], "sw": ["rupia"], "am": ["ሩፒ"]},
    "rand": {"en": ["rand"], "sw": ["randi"], "am": ["ራንድ"]},
    "franc": {"en": ["franc", "francs"], "sw": ["faranga"], "am": ["ፍራንክ"]},
    "cedi": {"": ["₵"], "en": ["cedi", "cedis"], "sw": ["sedi"], "am": ["ሴዲ"]},
    "kwacha": {"en": ["kwacha"], "sw": ["kwacha"], "am": ["ክዋቻ"]},
    "dirham": {"en": ["dirham", "dirhams"], "sw": ["dirham"], "am": ["ድርሃም", "ዲርሃም"]},
    "dinar": {"en": ["dinar", "dinars"], "sw": ["dinari"], "am": ["ዲናር"]},
    "riyal": {"en": ["riyal", "riyals"], "sw": ["riyali"], "am": ["ሪያል"]},
    "yen": {"": ["¥"], "en": ["yen"], "sw": ["yeni"], "am": ["የን"]},
    "yuan": {"en": ["yuan"], "sw": ["yuan"], "am": ["ዩዋን"]},
}  # fmt: skip
USUAL = {"dollar": "USD", "pound": "GBP", "rupee": "INR"}  # of a kind that several countries have
# How a country is named with its money, and names of countries that CLDR has otherwise.
JOINED = {
    "en": ["{place} {kind}"],
    "sw": ["{kind} za {place}", "{kind} ya {place}", "{kind} za Ki{place}"],
    "am": ["የ{place} {kind}", "{place} {kind}"],
}
PLACES = {
    "en": {"USD": ["U.S.", "American"], "GBP": ["UK"]},
    "sw": {"USD": ["Amerika"]},
    "am": {"USD": ["አሜሪካ"], "GBP": ["እንግሊዝ", "ብሪታንያ"]},
}


class Money(NamedTuple):
    """How a project's texts name money."""

    pattern: str  # of a text as `spelling.plain` gives it
    place: str  # " za Tanzania", which stands behind the number in "shilingi 500 za Tanzania"; "(?!)" where no language does
    codes: Mapping[str, str]  # by folded name; "" for money of no country


def code(money: Money, name: str, place: str = "") -> str:
    """The ISO 4217 code of what `Money.pattern` found, "" if it names no currency."""
    known = money.codes.get(fold(f"{name} {place}")) if place else None
    return known or money.codes.get(fold(name).removesuffix("."), name)


@functools.lru_cache(maxsize=16)
def money(languages: Sequence[str], currency: str) -> Money:
    """What names money in texts of the languages (hashable), where a word without a country means `currency`, if it can.

    Raises:
        BadInput: as `check_currency`.
    """
    check_currency(currency)
    codes = {fold(name): code for code, name in _names(languages)}
    codes |= {fold(noun): _meant(kind, currency) for kind, noun in _bare(currency)}
    capitals = _current() - WORDS - set(ANY_CASE) | ({currency} & _known())
    codes |= {fold(code): code for code in {*ANY_CASE, currency} & _known() - WORDS}
    # a name may end in a point: "Ksh. 500"
    pattern = rf"(?:(?i:{any_of(codes)})\.?(?<![=$€£\-]\.)|{any_of(capitals)})"
    places = {fold(place) for code in _current() for place in _places(code, "sw")} if "sw" in languages else set()
    return Money(pattern, rf" (?P<place>(?:za|ya) (?i:(?:ki)?{any_of(places)}))" if places else "(?!)", codes)


def check_currency(currency: str) -> None:
    """Raises BadInput unless the text is an ISO 4217 code or "none"."""
    if currency != NO_MONEY and currency not in _known():
        raise BadInput(f"locale.currency is {currency!r}; expected an ISO 4217 code, such as KES or ETB, or {NO_MONEY}.")


def _names(languages: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Codes, each with a name that no other has."""
    for language in dict.fromkeys(("en", *languages)):
        for code in sorted(_current()):
            yield from ((code, get_currency_name(code, count, language)) for count in (1, 2))
            symbol = babel.Locale.parse(language).currency_symbols.get(code, code)
            if symbol != code and not symbol.endswith("$"):  # others' dollars: "A$" may be Australia's and Argentina's
                yield code, symbol
            for kind in KINDS.get(_kind(code), {}).get(language, []):
                for place in _places(code, language):
                    yield from ((code, form.format(place=place, kind=kind)) for form in JOINED[language])
    yield from ((code, name) for code, names in SHORT.items() for name in names)


def _bare(currency: str) -> Iterable[tuple[str, str]]:
    """Kinds of money, each with a word for it; of a kind that few know ("won", "real") only where it is the project's."""
    for kind, nouns in KINDS.items():
        yield from ((kind, noun) for language in nouns for noun in nouns[language])
    if currency in _known():
        yield from ((_kind(currency), get_currency_name(currency, count, "en").split()[-1]) for count in (1, 2))
        yield from ((_kind(currency), sign) for sign in {_sign(currency)} - {currency})


def _sign(currency: str) -> str:
    """How a currency is written in its own country ("R", "kr"), which may be a letter that means other things elsewhere."""
    try:
        return str(get_currency_symbol(currency, babel.Locale.parse(f"en_{currency[:2]}")))
    except babel.UnknownLocaleError:  # a currency of several countries
        return currency


def _meant(kind: str, currency: str) -> str:
    """What a kind of money means where no country is named."""
    if _kind(currency) == kind:
        return currency
    own = [code for code in _current() if _kind(code) == kind]
    return own[0] if len(own) == 1 else USUAL.get(kind, "")


@functools.cache
def _kind(code: str) -> str:
    return get_currency_name(code, locale="en").split()[-1].casefold() if code in _known() else ""


@functools.cache
def _known() -> set[str]:
    return set(babel.Locale.parse("en").currencies)


@functools.cache
def _current() -> set[str]:
    """The currencies that some country uses today."""
    used = get_global("territory_currencies").values()
    return {code for currencies in used for code, _, end, tender in currencies if tender and end is None}


@functools.cache
def _places(code: str, language: str) -> list[str]:
    """The country in the language: as in the name of its money, by its own name, and by others in use."""
    locale = babel.Locale.parse(language)
    name, country = locale.currencies.get(code, ""), locale.territories.get(code[:2], "")
    of_money = name.partition(" ya ")[2] if language == "sw" else " ".join(name.removeprefix("የ").split()[:-1])
    found = [of_money, country, *PLACES.get(language, {}).get(code, [])]
    return [place for place in dict.fromkeys(found) if place and not place.startswith("(")]
