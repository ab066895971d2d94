"""Whether two questions that are alike are the same one."""

import regex

from mbegu.text.alike import ratio
from mbegu.text.filters import marks
from mbegu.text.kin import akin
from mbegu.text.words import fold, words

# So many words in one place make another question, if they are others: fewer may be another way to say the same. In a script
# without capitals a name can't be told from them, so that two are enough.
STRETCH, CASELESS_STRETCH = 3, 2
LIKE = 0.5  # ROUGE-L F1 of stretches, or share of words with kin in the other, above which they may say the same
CASELESS = regex.compile(r"\p{Lo}")
END = regex.compile(r"[\p{Sentence_Terminal}\p{Default_Ignorable_Code_Point}\s፧…]+$")


def key(text: str) -> str:
    """A question in one spelling: without its case and its final marks."""
    folded = fold(text)
    return (END.sub("", folded) or folded).casefold()


def same_question(first: str, second: str) -> bool:
    """Whether alike questions ask the same: they hold the same numbers and names, and no stretch of other words."""
    return marks(first) == marks(second) and not _other_stretch(words(first), words(second))


def _other_stretch(first: list[str], second: list[str]) -> bool:
    """Whether the texts differ, between what they begin and end with alike, in words that are not akin."""
    start = _common(first, second)
    one, other = first[start:], second[start:]
    end = _common(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    caseless = all(CASELESS.search("".join(words_)) for words_ in (one, other))
    if min(len(one), len(other)) < (CASELESS_STRETCH if caseless else STRETCH):
        return False
    shared = sum(any(akin(word, twin) for twin in other) for word in one)
    return ratio(one, other) <= LIKE and shared <= LIKE * len(one)


def _common(first: list[str], second: list[str]) -> int:
    """How many words both begin with."""
    shorter = min(len(first), len(second))
    return next((place for place in range(shorter) if first[place] != second[place]), shorter)
