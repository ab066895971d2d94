"""New pieces for a byte pair encoding, learned by going on where its own training ended.

The new merges come after all of the tokenizer's own. So they see a text as it is encoded today and join what they know of
it: a text that holds none of their pairs is encoded as before, and what is decoded stays the same to the byte. This is what
Purason et al. 2025 call continued BPE training.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import regex
from transformers.convert_slow_tokenizer import bytes_to_unicode

BATCH = 1000  # texts encoded at a time
BYTES = {character: byte for byte, character in bytes_to_unicode().items()}
Pair = tuple[str, str]
Words = Counter[tuple[str, ...]]


class Learned(NamedTuple):
    """What training found."""

    merges: list[Pair]  # in the order in which they apply
    pieces: dict[str, tuple[str, ...]]  # each new token, and the tokens of the base that it stands for


def byte_surface(token: str) -> bytes:
    """The bytes that a token of a byte-level tokenizer stands for."""
    return bytes(BYTES[character] for character in token)


def plain_surface(token: str) -> bytes:
    """The same where tokens are spelt as texts are, but for blanks; a lone byte (`<0xE1>`) can't be part of a piece."""
    return b"\n" if regex.fullmatch("<0x[0-9A-F]{2}>", token) else token.replace("▁", " ").encode()


def fits(surface: bytes, letters: regex.Pattern[str]) -> bool:
    """Whether bytes are what `letters` matches, or the beginning of one of its characters alone; a blank may lead."""
    body = surface.removeprefix(b" ")
    try:
        return bool(letters.fullmatch(body.decode()))
    except UnicodeDecodeError:
        return _begins_one(body, letters)


def _begins_one(body: bytes, letters: regex.Pattern[str]) -> bool:
    """Whether `body` is the beginning of a character, and every character that so begins is of the scripts."""
    missing = (2 if body[0] < 0xE0 else 3 if body[0] < 0xF0 else 4) - len(body)
    try:
        first, last = (ord((body + filler * max(missing, 0)).decode()) for filler in (b"\x80", b"\xbf"))
    except (UnicodeDecodeError, TypeError):
        return False
    known = [chr(code) for code in range(first, last + 1) if unicodedata.category(chr(code)) != "Cn"]
    return bool(known) and all(letters.fullmatch(character) for character in known)


def segments(texts: Iterable[str], backend: Any, surface: Callable[[str], bytes]) -> Words:
    """Runs of tokens within which pieces may grow, with their number: a tokenizer joins nothing across two of its own
    pre-tokens, and we nothing across a blank."""
    found: Words = Counter()
    special = {token.content for token in backend.get_added_tokens_decoder().values()}
    waiting = list(texts)
    for start in range(0, len(waiting), BATCH):
        for encoded in backend.encode_batch(waiting[start : start + BATCH], add_special_tokens=False):
            found.update(_segments(encoded.tokens, encoded.word_ids, special, surface))
    return found


def _segments(
    tokens: list[str], words: list[int | None], special: set[str], surface: Callable[[str], bytes]
) -> Iterable[tuple[str, ...]]:
    run: list[str] = []
    before = None
    for token, word in zip(tokens, words, strict=True):
        if token in special or word != before or surface(token).startswith(b" "):
            yield tuple(run)
            run = []
        if token not in special:
            run.append(token)
        before = word
    yield tuple(run)


def learn(words: Words, wanted: int, min_count: int, allowed: Callable[[str], bool]) -> Learned:
    """Joins the most frequent pair of tokens, again and again (Sennrich et al. 2016, arXiv 1508.07909, §3.2).

    Each join saves as many tokens as the pair stands in the corpus, so the most frequent one shortens it most; of two as
    frequent, the one that sorts later is joined first.

    Args:
        wanted: new tokens; fewer come back where no further pair stands in the corpus `min_count` times.
        allowed: whether a joined token may be one.
    """
    runs = [(list(word), count) for word, count in sorted(words.items()) if len(word) > 1]
    counts: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for index, (run, count) in enumerate(runs):
        _count(run, count, index, counts, places, allowed)
    merges: list[Pair] = []
    pieces: dict[str, tuple[str, ...]] = {}
    while len(pieces) < wanted and counts:
        pair = max(counts, key=lambda pair: (counts[pair], pair))
        if counts[pair] < min_count:
            break
        merges.append(pair)
        pieces.setdefault("".join(pair), sum((pieces.get(part, (part,)) for part in pair), ()))
        for index in places.pop(pair):
            run, count = runs[index]
            _count(run, -count, index, counts, places, allowed)
            run[:] = joined(run, pair)
            _count(run, count, index, counts, places, allowed)
        counts = +counts  # drops the pairs that are no more
    return Learned(merges, pieces)


def _count(
    run: list[str], count: int, index: int, counts: Counter[Pair], places: dict[Pair, set[int]], allowed: Callable[[str], bool]
) -> None:
    for pair in pairwise(run):
        if allowed("".join(pair)):
            counts[pair] += count
            places[pair].add(index)


def joined(run: list[str], pair: Pair) -> list[str]:
    """The run with every occurrence of the pair, from the left, as one token."""
    found, place = [], 0
    while place < len(run):
        if tuple(run[place : place + 2]) == pair:
            found.append("".join(pair))
            place += 2
        else:
            found.append(run[place])
            place += 1
    return found
