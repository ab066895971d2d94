"""The words that many texts begin or end with, around a slot that each fills in its own way: a template."""

from collections.abc import Sequence

Tokens = list[str]
Slot = tuple[int, int]  # the first of a text's words that is not the template's, and the first behind it that is again
MANY = 20  # texts of one template; fewer may begin alike by chance
WAYS = 5  # different words that follow where a slot begins
LEAST = 4  # words of a template without its slot: "what is the" is none
BEFORE = 2  # of them before the slot, if the rest stands behind it


def slots(texts: Sequence[Tokens]) -> list[Slot]:
    """The slot of each text; all of a text that is of no template.

    A template ends where most different words follow it, and goes on behind the slot with what half of its texts end with. Texts
    that do not begin like others are read from their end in the same way.
    """
    found = [(0, len(text)) for text in texts]
    for backward in (False, True):
        for least in (BEFORE, LEAST):
            rest = [place for place, text in enumerate(texts) if found[place] == (0, len(text))]
            turned = [texts[place][::-1] if backward else texts[place] for place in rest]
            for place, (start, end) in _families(turned, least).items():
                length = len(texts[rest[place]])
                found[rest[place]] = (length - end, length - start) if backward else (start, end)
    return found


def _families(texts: Sequence[Tokens], least: int) -> dict[int, Slot]:
    """The slots of texts whose template begins with `least` words or more."""
    families: dict[tuple[str, ...], list[int]] = {}
    for place, start in _beginnings(texts, least).items():
        families.setdefault(tuple(texts[place][:start]), []).append(place)
    found = {}
    for beginning, places in families.items():
        end = _common_end([texts[place][len(beginning) :] for place in places])
        for place in places:
            text, fixed = texts[place], len(beginning) + len(end)
            behind = len(end) if len(text) > fixed and text[len(text) - len(end) :] == end else 0
            if len(beginning) + behind >= LEAST:
                found[place] = len(beginning), len(text) - behind
    return found


def _beginnings(texts: Sequence[Tokens], least: int) -> dict[int, int]:
    """How many words the template has that a text begins with, for texts that have one."""
    best: dict[int, tuple[int, int]] = {}
    groups, depth = [list(range(len(texts)))], 0
    while groups:
        deeper: list[list[int]] = []
        for group in groups:
            following: dict[str, list[int]] = {}
            for place in group:
                if len(texts[place]) > depth:
                    following.setdefault(texts[place][depth], []).append(place)
            if depth >= least and len(following) >= WAYS:
                for place in group:
                    best[place] = max(best.get(place, (0, 0)), (len(following), -depth))
            deeper += [places for places in following.values() if len(places) >= MANY]
        groups, depth = deeper, depth + 1
    return {place: -depth for place, (_, depth) in best.items() if len(texts[place]) > -depth}


def _common_end(texts: Sequence[Tokens]) -> Tokens:
    """The longest end that half of the texts have in common."""
    end: Tokens = []
    while True:
        before: dict[str, int] = {}
        for text in texts:
            if len(text) > len(end) and text[len(text) - len(end) :] == end:
                before[text[-len(end) - 1]] = before.get(text[-len(end) - 1], 0) + 1
        word = max(before, key=lambda word: before[word], default="")
        if 2 * before.get(word, 0) < len(texts) or not word:
            return end
        end = [word, *end]
