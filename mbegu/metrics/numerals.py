"""Numbers in words: English, Swahili and Amharic.

A language's grammar is a strict pattern, so that "tano na kumi" (five and ten) is not taken for one number, and a fold over the
values of the words that it found. In Swahili the scale stands first, "elfu tano" (thousand five), in the others last.

A lone word for ten or less, or for a scale, says how many only beside a unit, a percent sign or another number: "one of them",
"moja kwa moja" and "አንድ ሰው" (a man) count nothing. Known idioms are passed over, and so are ordinals.

>>> [int(read("en", words).value) for words in ("a hundred and fifty", "one and a half million", "nineteen ninety-nine")]
[150, 1500000, 1999]
>>> [int(read("sw", words).value) for words in ("elfu kumi na mia mbili", "milioni mbili na nusu", "mia na tano")]
[10200, 2500000, 105]
>>> read("am", "አምስት ነጥብ ሁለት").value
Decimal('5.2')
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from mbegu.metrics.spelling import any_of, fold

HALF = Decimal("0.5")
AND = "na"  # between Swahili numbers: "mia tano" is 500, "mia na tano" 105


class Grammar(NamedTuple):
    """How a language writes numbers in words. Patterns are of text as `spelling.plain` gives it, to be met in any case."""

    values: Mapping[str, Decimal]
    number: str
    idioms: str  # what has words of numbers and says no number
    point: str  # the word between a whole number and its decimals
    scale_first: bool


class Number(NamedTuple):
    """A number that was written in words."""

    value: Decimal
    scale: Decimal  # the thousand or million that it is told in, 1 if there is none or there are several
    lone: bool  # a single word that may count nothing


def read(language: str, text: str) -> Number:
    """The number that the language's pattern found."""
    grammar = GRAMMARS[language]
    words = fold(text).replace("-", " ").split()
    found = [grammar.values[word] for word in words if word in grammar.values]
    value = (_scale_first if grammar.scale_first else _scale_last)(words, grammar)
    scales = [number for number in found if number >= 1000]
    at_edge = found[0 if grammar.scale_first else -1]
    return Number(
        value=value,
        scale=at_edge if scales == [at_edge] else Decimal(1),
        lone=len(words) == 1 and (found[0] <= 10 or found[0] in (100, *scales)),
    )


def _scale_last(words: Sequence[str], grammar: Grammar) -> Decimal:
    whole, decimals = _split(words, grammar)
    total, group, last = Decimal(0), Decimal(0), Decimal(1)
    for value in whole:
        if value >= 1000:
            total, last = total + (group + decimals or 1) * value, value
            group = decimals = Decimal(0)
        elif value == 100:
            group = (group or Decimal(1)) * 100
        elif value < 1 and total and not group:
            total += value * last  # "a million and a half"
        elif group in (19, 20) and value >= 10:
            group = group * 100 + value  # the year "nineteen ninety"
        else:
            group += value
    return total + group + decimals


def _scale_first(words: Sequence[str], grammar: Grammar) -> Decimal:
    whole, decimals = _split(words, grammar)
    if whole[0] == HALF:
        return HALF * whole[1]
    total, scale, group, level = Decimal(0), Decimal(1), Decimal(0), Decimal(1000)
    joined = [word == AND for word in ("", *words)]  # whether "na" stands before the next word
    places = [place for place, word in enumerate(words) if word in grammar.values]
    for place, value in zip(places, whole, strict=False):
        size = next(size for size in (1000, 100, 10, 0) if value >= size)
        if value == HALF:
            group = (group or Decimal(1)) + HALF
        elif level == 100 and size == 0 and not joined[place] and group == 100:
            group *= value
        elif size == 1000 or size >= level:
            # what does not fit below the word before it begins anew: "elfu kumi | na mia mbili"
            total += (group or int(scale > 1)) * scale
            scale, group = (value, Decimal(0)) if size == 1000 else (Decimal(1), value)
        else:
            group += value
        level = Decimal(size)
    return total + (group + decimals or int(scale > 1)) * scale


def _split(words: Sequence[str], grammar: Grammar) -> tuple[list[Decimal], Decimal]:
    """The values of the words but for the decimals, and what the decimals are."""
    before = list(words)
    decimals: list[Decimal] = []
    if grammar.point in before:
        place = before.index(grammar.point)
        after = before[place + 1 :]
        while after and grammar.values.get(after[0], Decimal(0)) < 100:
            decimals += [grammar.values[word] for word in (after.pop(0),) if word in grammar.values]
        before = before[:place] + after
    whole = [grammar.values[word] for word in before if word in grammar.values]
    digits = "".join(map(str, decimals)) if all(value < 10 for value in decimals) else str(sum(decimals))
    return whole, Decimal(f"0.{digits or 0}")


def _table(words: str, values: Iterable[int]) -> dict[str, Decimal]:
    """Values by word; "/" parts the spellings of one value."""
    pairs = zip(words.split(), values, strict=True)
    return {fold(word): Decimal(value) for spellings, value in pairs for word in spellings.split("/")}


def _any(words: Iterable[str]) -> str:
    return any_of(map(fold, words))


def _falling(lead: str, part: str, scales: Sequence[str], joint: str) -> str:
    """A number of groups in falling order, "two million three thousand and five": `part` is one below the least of the scales,
    `lead` one before a scale. "One thousand and two thousand" are two."""
    last = rf"{part}(?![ -](?:hundred|መቶ|{_any(scales)}))"
    found, below = last, rf"(?:{joint} {last})?"
    for scale in scales:
        found = rf"{lead} {scale}{below}|{found}"
        below = rf"(?:{joint} {lead} {scale})?{below}"
    return f"(?:{found})"


def _english() -> Grammar:
    ones = _table("zero one two three four five six seven eight nine", range(10))
    teens = _table("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", range(10, 20))
    tens = _table("twenty thirty forty fifty sixty seventy eighty ninety", range(20, 100, 10))
    scales = _table("thousand million billion trillion", (10**3, 10**6, 10**9, 10**12))
    u, t, d, scale = map(_any, (ones, teens, tens, scales))
    below = rf"(?:{d}(?:[ -]{u})?|{t}|{u})"
    part = rf"(?:(?:{below}|an?) hundred(?:(?: and)? {below})?|{below})"
    decimals = rf"(?: point {u}(?: {u}){{0,5}})"
    number = (
        rf"(?:(?:half|a quarter of) an? {scale}|(?:nineteen|twenty)[ -](?:{d}(?:[ -]{u})?|{t})"
        rf"|{_falling(rf'(?:{part}{decimals}?|an?)(?: and a half)?', rf'{part}{decimals}?', list(scales), '(?: and)?')}"
        r"(?: and a half)?)(?!-(?:\p{L}+th|first|second|third))"
    )
    idioms = (
        rf"one in an? (?:hundred|{scale})|(?:two thirds|three quarters|a third|a tenth) of an? {scale}"
        r"|at one point|(?:not|even) one \p{L}+|twenty-four seven|nine to five"
    )
    more = {"hundred": Decimal(100), "half": HALF, "quarter": HALF / 2}
    return Grammar(ones | teens | tens | scales | more, number, idioms, "point", False)


def _swahili() -> Grammar:
    # adjectives agree with what is counted: miaka miwili, watu wawili, vitabu viwili
    ones = _table(
        "sifuri moja/mmoja/kimoja/limoja mbili/wawili/miwili/mawili/viwili tatu/watatu/mitatu/matatu/vitatu"
        " nne/wanne/minne/manne/vinne tano/watano/mitano/matano/vitano sita saba nane/wanane/minane/manane/vinane tisa",
        range(10),
    )
    tens = _table("ishirini thelathini arobaini/arubaini hamsini sitini sabini themanini tisini", range(20, 100, 10))
    scales = _table("elfu laki milioni bilioni trilioni", (10**3, 10**5, 10**6, 10**9, 10**12))
    u, d, scale = map(_any, (ones, tens, scales))
    below = rf"(?:(?:{d}|kumi)(?: na {u})?|{u})"
    part = rf"(?:mia(?: {u})?(?: (?:na )?{below})?|{below})(?: nukta (?:{u}(?: {u}){{1,5}}|{below}))?"
    number = (
        rf"(?:nusu {scale}|{scale}(?: {part})?(?: (?:na )?{scale}(?: {part})?){{0,4}}(?: (?:na )?{part})?(?: na nusu)?"
        rf"|{part}(?: na nusu)?)"
    )
    # "hata shilingi moja": not even one; "saa mbili na nusu": half past two, which is half past eight
    idioms = rf"moja kwa moja|mia kwa mia|hata \p{{L}}+ {_any(['moja', 'mmoja', 'kimoja'])}|saa {below} na (?:nusu|robo)"
    more = {"kumi": Decimal(10), "mia": Decimal(100), "nusu": HALF}
    return Grammar(ones | tens | scales | more, number, idioms, "nukta", True)


def _amharic() -> Grammar:
    ones = _table("ዜሮ አንድ ሁለት ሦስት/ሶስት አራት አምስት ስድስት ሰባት ስምንት ዘጠኝ", range(10))
    tens = _table("ሃያ ሰላሳ አርባ ሃምሳ/አምሳ ስልሳ/ስድሳ ሰባ ሰማንያ/ሰማኒያ ዘጠና", range(20, 100, 10))
    scales = _table("ሺህ/ሺ/ሽህ ሚሊዮን/ሚሊየን/ሚልዮን ቢሊዮን/ቢሊየን/ቢልዮን ትሪሊዮን/ትሪሊየን", (10**3, 10**6, 10**9, 10**12))
    names = [_any(word for word in scales if scales[word] == value) for value in sorted(set(scales.values()))]
    u, d, scale = map(_any, (ones, tens, scales))
    below = rf"(?:አስራ {u}|አስር|{d}(?: {u})?|{u})"
    part = rf"(?:(?:{u} )?መቶ(?: (?:እና )?{below})?|{below})(?: ነጥብ {u}(?: {u}){{0,5}})?"
    number = (
        rf"(?:(?:ግማሽ|ሩብ|እሩብ) {scale}|{_falling(rf'{part}(?: ተኩል)?', part, names, '(?: እና)?')}(?: ተኩል)?|{scale})"
        r"(?! \p{L}+ኛ)"
    )
    # Arba Minch, a town; "አንድ ብር እንኳ": not even one birr
    idioms = r"አርባ ምንጭ|(?:አንድ|ነጠላ) \p{L}+ እንኳን?|ሰባ ደረጃ"
    more = _table("አስራ/አስር መቶ", (10, 100)) | {"ግማሽ": HALF, "ተኩል": HALF, "ሩብ": HALF / 2, "እሩብ": HALF / 2}
    return Grammar(ones | tens | scales | more, number, idioms, "ነጥብ", False)


GRAMMARS = {"en": _english(), "sw": _swahili(), "am": _amharic()}
