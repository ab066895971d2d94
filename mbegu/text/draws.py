"""Draws by content: a text's hash decides, so that no draw depends on an order, a clock or what else is there."""

import hashlib


def rank(text: str) -> str:
    """The hash by which texts are put in an order of their own."""
    return hashlib.sha256(text.encode()).hexdigest()


def share(text: str) -> float:
    """A number from 0 to below 1, evenly spread over texts."""
    return int(rank(text)[:8], 16) / 2**32


def seed(text: str) -> int:
    """A 31-bit seed."""
    return int(rank(text)[:8], 16) >> 1
