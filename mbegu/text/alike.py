"""Greedy novelty over a pool that grows: is a text too like one that is already in it? Exact ROUGE-L F1, pruned.

Self-Instruct (Wang et al. 2022, arXiv 2212.10560, §2.2) keeps an instruction only if its ROUGE-L to
every one before it is at most 0.7, and compares each with the whole pool by dynamic programming.
Two bounds on the longest common subsequence (LCS), both over the whole pool in a few vector
operations, leave less than one pair in a thousand to compare:

- LCS <= the shorter length, so lengths must be alike;
- LCS <= the tokens of one text that may occur in the other. Each text has a signature with a bit for
  each of its tokens; a bit that the other's lacks stands for at least one token that it lacks.
"""

from typing import Any, NamedTuple

import numpy as np
from rapidfuzz.distance import LCSseq

WORDS = 4  # signature size in 64-bit words; 256 bits tell texts of up to about 100 different tokens apart
SIZE = 64 * WORDS  # bits
BLOCK = 8192  # texts bounded at once: what is computed of them stays in the processor's cache
Tokens = list[str]


class Near(NamedTuple):
    """A text of the pool, by its position of arrival, and how like it is."""

    position: int
    score: float  # ROUGE-L F1, 0 to 1


def rouge_l(lcs: int, first: int, second: int) -> float:
    """ROUGE-L F1 of texts with `first` and `second` tokens, rounded as the reference implementation rounds it."""
    if not lcs:
        return 0.0
    precision, recall = lcs / first, lcs / second
    return 2 * precision * recall / (precision + recall)


def ratio(first: Tokens, second: Tokens) -> float:
    """ROUGE-L F1 of two texts."""
    return rouge_l(LCSseq.similarity(first, second), len(first), len(second))


class Index:
    """A pool of token lists that answers which of them is nearest; memory is about 100 bytes a text and its tokens."""

    def __init__(self) -> None:
        self.texts: list[Tokens] = []
        self.bits: dict[str, int] = {}  # a token's signature bit: its number of arrival, modulo the size
        self.lengths = np.zeros(1024, np.int32)
        self.hidden = np.zeros(1024, np.int32)  # tokens beyond one for each bit of the signature: twice the same, or bits shared
        self.signatures = np.zeros((WORDS, 1024), np.uint64)

    def __len__(self) -> int:
        return len(self.texts)

    def add(self, tokens: Tokens) -> None:
        """Adds a text, which may be empty: nothing is like it then."""
        size = len(self.texts)
        if size == self.lengths.size:
            self.lengths, self.hidden = (np.concatenate([one, np.zeros_like(one)]) for one in (self.lengths, self.hidden))
            self.signatures = np.concatenate([self.signatures, np.zeros_like(self.signatures)], 1)
        if tokens:
            signature, bits = self._signature(tokens)
            self.lengths[size], self.hidden[size] = len(tokens), len(tokens) - bits
            self.signatures[:, size] = signature
        self.texts.append(tokens)

    def near(self, tokens: Tokens, above: float) -> list[Near]:
        """Every text whose ROUGE-L F1 to `tokens` is above `above`, the nearest first, the earlier among equals."""
        positions, _ = self.candidates(tokens, above)
        found = [self.score(tokens, int(position)) for position in positions]
        return sorted((near for near in found if near.score > above), key=lambda near: (-near.score, near.position))

    def nearest(self, tokens: Tokens, above: float = 0.0) -> Near | None:
        """The first of the texts with the highest ROUGE-L F1 to `tokens`, if that is above `above`."""
        best = Near(-1, above)
        positions, bounds = self.candidates(tokens, above)
        for rank in np.argsort(-bounds, kind="stable"):
            if bounds[rank] < best.score:
                break  # no later text can be nearer
            found = self.score(tokens, int(positions[rank]))
            if found.score > best.score or (found.score == best.score and 0 <= found.position < best.position):
                best = found
        return best if best.position >= 0 else None

    def score(self, tokens: Tokens, index: int) -> Near:
        """The text at a position, and how like it is."""
        return Near(index, ratio(tokens, self.texts[index]))

    def candidates(self, tokens: Tokens, above: float) -> tuple[Any, Any]:
        """Positions of the texts whose ROUGE-L F1 may reach `above`, and the bounds that say so; int and float32 arrays."""
        kept = [(np.zeros(0, int), np.zeros(0, np.float32))]
        signature, bits = self._signature(tokens)
        for start in range(0, len(self.texts) if tokens else 0, BLOCK):
            places = slice(start, min(start + BLOCK, len(self.texts)))
            bounds = self._bounds(len(tokens), signature, bits, places)
            inside = np.flatnonzero(bounds >= above)
            kept.append((inside + start, bounds[inside]))
        return np.concatenate([positions for positions, _ in kept]), np.concatenate([bounds for _, bounds in kept])

    def bounds(self, tokens: Tokens, positions: Any) -> Any:
        """An upper bound of ROUGE-L F1 to each of the texts at `positions`, some of which may be empty; float32."""
        return self._bounds(len(tokens), *self._signature(tokens), positions)

    def _bounds(self, length: int, signature: Any, bits: int, positions: Any) -> Any:
        """An upper bound of ROUGE-L F1 to each text of a slice or an array of positions, a rounding error above it.

        A bit that only one of two texts has is a token that the other lacks.
        """
        shared = np.bitwise_count(self.signatures[:, positions] & signature[:, None]).sum(0, dtype=np.int32)
        common = np.minimum(length - bits, self.hidden[positions]) + shared
        return (2 * common / (length + self.lengths[positions])).astype(np.float32) + np.float32(1e-6)

    def _signature(self, tokens: Tokens) -> tuple[Any, int]:
        """The signature, (WORDS,) of uint64, and the number of its bits."""
        known, value = self.bits, 0
        for token in tokens:
            value |= 1 << known.setdefault(token, len(known)) % SIZE
        return np.frombuffer(value.to_bytes(SIZE // 8, "little"), np.uint64), value.bit_count()
