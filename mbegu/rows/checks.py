"""Instructions of a held-out row that code can verify, and whether an answer follows them.

Source: Zhou et al. 2023, "Instruction-Following Evaluation for Large Language Models" (IFEval, arXiv 2311.07911), §2.
Strict accuracy: the answer is judged as it stands. IFEval's loose one first drops lines and marks to help it.

The checks of that paper itself, under its names, are in `mbegu.rows.published`.

    {"instruction": "…", "output": "…", "checks": {"max_words": 120, "items": 3, "mention": ["CMA"], "language": "sw"}}
"""

import difflib
import json
import unicodedata
from collections.abc import Callable
from typing import Any

import regex

from mbegu.errors import BadInput
from mbegu.rows import published
from mbegu.rows.languages import identifier, language
from mbegu.text.filters import about
from mbegu.text.words import INVISIBLE, words

# A bullet, or a number of any script (3. ٣- ፫)), a letter or a Roman numeral, and text behind it. "-", "*" and numbers
# need a blank: "-5 percent", "**Bold**" and "1.5 percent" begin no item.
ITEM = regex.compile(
    r"\s*(?:[•·]\s*|[-*–]\s+|(?:\p{N}{1,3}|\p{L}\p{M}*)[.)]\s+|\p{Nd}{1,3}-\s+|[ivxIVX]{2,5}[.)]\s+"
    r"|\((?:\p{N}{1,3}|\p{L}\p{M}*|[ivxIVX]{2,5})\)\s*)[^\s]"
)


def follows(answer: str, checks: dict[str, Any]) -> dict[str, bool]:
    """Whether the answer meets each check, by the check's name. An empty answer meets none, not even `max_words`."""
    said = bool(INVISIBLE.sub("", answer).strip())
    return {name: said and _meets(answer, name, wanted) for name, wanted in checks.items()}


def _meets(answer: str, name: str, wanted: Any) -> bool:
    return MEETS[name](answer, wanted) if name in MEETS else published.follows(answer, name, wanted)


def failed(answer: str, checks: dict[str, Any]) -> list[str]:
    """Names of the checks that the answer does not meet, sorted."""
    return sorted(name for name, met in follows(answer, checks).items() if not met)


def items(answer: str) -> int:
    """Lines that begin with a bullet or a marker such as "1.", "(a)" or "፩)", indented ones too."""
    return sum(bool(ITEM.match(line)) for line in INVISIBLE.sub("", answer).splitlines())


def _names(answer: str, phrase: str) -> bool:
    return about(answer.casefold(), [phrase.casefold()]) is not None


def _is_json(answer: str) -> bool:
    try:
        # str: Python refuses integers of over 4,300 digits, JSON doesn't; int: raises on NaN and Infinity, which JSON lacks
        return isinstance(json.loads(published.unfenced(answer), parse_int=str, parse_constant=int), dict | list)
    except (ValueError, RecursionError):
        return False


MEETS: dict[str, Callable[[str, Any], bool]] = {
    "max_words": lambda answer, most: len(words(answer)) <= most,
    "min_words": lambda answer, least: len(words(answer)) >= least,
    "items": lambda answer, count: items(answer) == count,
    "mention": lambda answer, phrases: all(_names(answer, phrase) for phrase in phrases),
    "avoid": lambda answer, phrases: not any(_names(answer, phrase) for phrase in phrases),
    "language": lambda answer, code: language(answer) == code,
    "json": lambda answer, _: _is_json(answer),
}


def parse_checks(value: Any, where: str) -> dict[str, Any]:
    """The checks in the order of `MEETS`, phrases NFC; then those of `mbegu.rows.published`, in the order of their table.

    Raises:
        BadInput: no object or an empty one, an unknown check, a value of the wrong kind, checks that no answer can meet.
    """
    if not isinstance(value, dict) or not value:
        expected = 'an object such as {"max_words": 120}; leave it out if there is nothing to check'
        raise BadInput(f"{where}: 'checks' is {_shown(value)}, expected {expected}.")
    for name in value:
        if name not in MEETS and name not in published.CHECKS:
            close = difflib.get_close_matches(name, [*MEETS, *published.CHECKS], 1)
            names = ", ".join(published.CHECKS if ":" in name else MEETS)
            hint = f"Did you mean {close[0]!r}?" if close else f"Expected {names}."
            raise BadInput(f"{where}: unknown check {name!r}. {hint}")
    checks = {name: _parsed(name, value[name], where) for name in MEETS if name in value}
    _possible(checks, where)
    known = [name for name in published.CHECKS if name in value]
    return checks | {name: published.parse_arguments(name, value[name], where) for name in known}


def _parsed(name: str, value: Any, where: str) -> Any:
    good, expected, advice = EXPECTED[name]
    if not good(value):
        raise BadInput(f"{where}: check {name!r} is {_shown(value)}, expected {expected}; {advice}.")
    return [unicodedata.normalize("NFC", phrase) for phrase in value] if isinstance(value, list) else value


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _count(least: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and value >= least  # True is an int, too


def _phrases(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(phrase, str) and words(phrase) for phrase in value)


# what a value must be, in words, and what to do about it
WORDS = (_count(1), "a whole number of at least 1", "write a number of words such as 120")
PHRASES = (_phrases, "a list of words or phrases, none empty", 'write a list such as ["CMA"]')
EXPECTED: dict[str, tuple[Callable[[Any], bool], str, str]] = {
    "max_words": WORDS,
    "min_words": WORDS,
    "items": (_count(0), "a whole number of at least 0", "write how many list items the answer has, such as 3"),
    "mention": PHRASES,
    "avoid": PHRASES,
    "language": (lambda value: value in identifier().labels, "an ISO 639-1 code that py3langid knows", "write sw, en, am or ar"),
    "json": (lambda value: value is True, "true", "leave it out where the answer needn't be JSON"),
}


def _possible(checks: dict[str, Any], where: str) -> None:
    least, most = checks.get("min_words", 1), checks.get("max_words")
    if most is not None and least > most:
        raise BadInput(f"{where}: check 'min_words' is {least} and 'max_words' {most}; swap them or raise 'max_words'.")
    for phrase in checks.get("avoid", ()):
        if any(_names(wanted, phrase) for wanted in checks.get("mention", ())):
            raise BadInput(f"{where}: check 'avoid' forbids {phrase!r}, which 'mention' demands; take it out of one of them.")
    if checks.get("json") and checks.get("items"):
        raise BadInput(f"{where}: check 'items' counts lines with a bullet, which 'json' forbids; keep one of them.")
