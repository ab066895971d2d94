"""How many tokens a tokenizer needs for the words of each script."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mbegu.text.scripts import script

ALL = "all"
COLUMNS = ("label", "script", "when", "tokens_per_word", "bytes_per_token")
DIGITS = 4


class Fertility(NamedTuple):
    """Sums over words, what stands between two white spaces."""

    words: int
    tokens: int
    bytes: int  # of UTF-8, without white space

    def tokens_per_word(self) -> float:
        """Fertility as Rust et al. 2021 (arXiv 2012.15613) define it."""
        return self.tokens / self.words

    def bytes_per_token(self) -> float:
        """What a token is worth, whatever a script calls a word."""
        return self.bytes / self.tokens


def fertility(texts: Iterable[str], tokenizer: Any) -> dict[str, Fertility]:
    """By script, the one with most words first, then over all words; nothing for texts without words.

    A word is encoded with a blank before it, as within a text.
    """
    counts = Counter(word for text in texts for word in text.split())
    encoded = tokenizer.backend_tokenizer.encode_batch_fast([f" {word}" for word in counts], add_special_tokens=False)
    sums: dict[str, list[int]] = {}
    for (word, count), found in zip(counts.items(), encoded, strict=True):
        for name in (script(word), ALL):
            of_name = sums.setdefault(name, [0, 0, 0])
            for place, value in enumerate((1, len(found.ids), len(word.encode()))):
                of_name[place] += count * value
    ordered = sorted(sums, key=lambda name: (name == ALL, -sums[name][0], name))
    return {name: Fertility(*sums[name]) for name in ordered}


def lines(when: Mapping[str, Mapping[str, Fertility]]) -> list[tuple[str, str, str, float, float]]:
    """The values of `COLUMNS`, rounded; a label is a bar of DVC's plot, which has one axis for names.

    Args:
        when: what `fertility` found, by when: "before" and "after".
    """
    return [
        (f"{of_script}, {name}", of_script, name, round(found.tokens_per_word(), DIGITS), round(found.bytes_per_token(), DIGITS))
        for name, scripts in when.items()
        for of_script, found in scripts.items()
    ]


def named(when: Mapping[str, Mapping[str, Fertility]]) -> dict[str, float]:
    """The same values by name, such as `ethiopic_tokens_per_word_before`, with the number of words of each script."""
    values: dict[str, float] = {f"{key.lower()}_words": found.words for key, found in next(iter(when.values())).items()}
    for _label, of_script, name, *numbers in lines(when):
        values |= {f"{of_script.lower()}_{column}_{name}": value for column, value in zip(COLUMNS[3:], numbers, strict=True)}
    return values
