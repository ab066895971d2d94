"""Answers of a model, remembered by content: DESIGN.md §6.

Key: SHA-256 of the whole request (model identity, rendered prompt, settings). Value: the raw answer.
Deleting the memo changes time, never bytes.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diskcache

Request = dict[str, Any]
Answer = dict[str, Any]


def request_key(request: Request) -> str:
    """SHA-256 over the request's canonical JSON."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@contextmanager
def open_memo(folder: Path) -> Iterator[diskcache.Cache]:
    """Opens (or creates) the memo; JSON values, so that reading one can't run code; nothing is ever evicted."""
    with diskcache.Cache(str(folder), disk=diskcache.JSONDisk, eviction_policy="none") as memo:
        yield memo


def answer_all(
    requests: list[Request], ask: Callable[[list[Request]], Iterator[tuple[Request, Answer]]], memo: diskcache.Cache
) -> tuple[list[Answer], int]:
    """Answers every request, from the memo where it knows it, else by `ask`; each answer is kept as it arrives.

    Args:
        ask: yields (request, answer) for the requests it is given, in any order.

    Returns:
        The answers in the order of `requests`, and how many requests were asked.
    """
    known = {request_key(request): memo.get(request_key(request)) for request in requests}
    missing = {request_key(request): request for request in requests if known[request_key(request)] is None}
    if missing:
        for request, answer in ask(list(missing.values())):
            memo[request_key(request)] = known[request_key(request)] = answer
    return [known[request_key(request)] for request in requests], len(missing)
