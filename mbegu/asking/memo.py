"""Answers of a model, remembered by content: DESIGN.md §6.

Key: SHA-256 of the whole request (model identity, prompt, settings). Value: the request, the raw answer and
a checksum of both, so that an entry that rotted is asked again and a memo can be given to a colleague. A database that rotted
is put aside, and what can be read of it taken over (`mbegu.asking.mending`).
Deleting the memo changes time, never bytes. What a request is `about` is no part of it: that is for recordings, which outlive
the words of a prompt (`mbegu.asking.about`).
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import diskcache

from mbegu.asking import mending, shared
from mbegu.asking.mending import ROT
from mbegu.command import warn
from mbegu.errors import BadInput, disk_problem

Request = dict[str, Any]
Answer = dict[str, Any]
Memo: TypeAlias = diskcache.Cache | shared.Shared | dict[str, Any]  # a recording is kept in no folder: it is one itself
ABOUT = "about"
REFUSED = "refused"  # the finish reason of what is no answer: the same prompt may be answered another day
FORMAT = 2  # of an entry; raised when an older one can no longer be read
_FORMAT_KEY, _SPEED_KEY = "format", "speed"


def request_key(request: Request) -> str:
    """SHA-256 over the canonical JSON of what is sent."""
    return digest(_sent(request))


def _sent(request: Request) -> Request:
    return {key: value for key, value in request.items() if key != ABOUT}


def digest(value: Any) -> str:
    """SHA-256 over canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@contextmanager
def open_memo(place: shared.Place) -> Iterator[diskcache.Cache | shared.Shared]:
    """Opens (or creates) the memo; JSON values, so that reading one can't run code; nothing is ever evicted.

    Several processes may have it open at once.

    Args:
        place: a folder of this machine, or the address of a memo that several share (`asking.shared`).

    Raises:
        BadInput: it was written by a newer Mbegu, or its database can't be read.
    """
    if shared.is_shared(place):
        with shared.shared(str(place)) as opened:
            yield _of_this_format(opened, str(place))
        return
    folder = Path(place)
    try:
        with _opened(folder) as memo:
            for key, text in shared.put_aside():  # by a memo that went away, and has not come back
                memo[key] = json.loads(text)
            yield memo
    except sqlite3.DatabaseError as error:
        if disk_problem(error):
            raise
        raise BadInput(
            f"{folder}: the memo's database can't be read ({error}); delete the folder, its answers will be asked again."
        ) from None


def _opened(folder: Path) -> diskcache.Cache:
    try:
        if found := mending.problem(folder):
            raise ValueError(found)
        return _current(folder)
    except (*ROT, LookupError, AttributeError, sqlite3.DatabaseError) as error:
        # a name or a number of its settings may have changed as well, of which diskcache says this and that
        if isinstance(error, OSError) or (isinstance(error, sqlite3.Error) and not mending.is_broken(error)):
            raise
        return _renewed(folder, error)


def _current(folder: Path) -> diskcache.Cache:
    return _of_this_format(diskcache.Cache(str(folder), disk=diskcache.JSONDisk, eviction_policy="none"), str(folder))


def _of_this_format(memo: Any, place: str) -> Any:
    found = memo.get(_FORMAT_KEY, FORMAT)
    if found > FORMAT:
        raise BadInput(f"{place}: a memo of format {found}, this Mbegu reads up to {FORMAT}; update Mbegu or move it away.")
    memo[_FORMAT_KEY] = FORMAT
    return memo


def _renewed(folder: Path, why: Exception) -> diskcache.Cache:
    """A new memo with every whole answer of a broken one, which is kept beside it."""
    aside = mending.put_aside(folder)
    memo = _current(folder)
    with memo.transact():
        for entry in mending.values(aside):
            if _is_whole(entry):
                remember(memo, entry["request"], entry["answer"])
    warn(
        f"{folder}: the memo was damaged ({why}). {len(memo) - 1} answers in it are whole and were taken over, others will be "
        f"asked again. It is kept as {aside}; delete that when the build is done."
    )
    return memo


def _is_whole(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("check") == digest([entry.get("request"), entry.get("answer")])


def recall(memo: Memo, request: Request) -> Answer | None:
    """The remembered answer; None if there is none, or if what is there does not hold its checksum."""
    try:
        entry = memo.get(request_key(request))
    except ROT:
        return None
    except sqlite3.DatabaseError as error:
        if not mending.is_broken(error):
            raise
        return None
    if not isinstance(entry, dict) or entry.get("check") != digest([_sent(request), entry.get("answer")]):
        return None
    return dict(entry["answer"])


def remember(memo: Memo, request: Request, answer: Answer) -> None:
    """Keeps an answer for good, whatever happens to this process afterwards."""
    sent = _sent(request)
    memo[request_key(request)] = {"request": sent, "answer": answer, "check": digest([sent, answer])}


def answer_all(
    requests: list[Request], ask: Callable[[list[Request]], Iterator[tuple[Request, Answer]]], memo: Memo
) -> tuple[list[Answer], int]:
    """Answers every request, from the memo where it knows it, else by `ask`; each answer is kept as it arrives, a refusal is not.

    Args:
        ask: yields (request, answer) for the requests it is given, in any order.

    Returns:
        The answers in the order of `requests`, and how many requests were asked.
    """
    keys = [request_key(request) for request in requests]
    known: dict[str, Answer | None] = {}
    for key, request in zip(keys, requests, strict=True):
        if key not in known:
            known[key] = recall(memo, request)
    missing = {key: request for key, request in zip(keys, requests, strict=True) if known[key] is None}
    if missing:
        for request, answer in ask(list(missing.values())):
            if answer.get("finish_reason") != REFUSED:
                remember(memo, request, answer)
            known[request_key(request)] = answer
    # a request that is answered by `ask` stands in `known` by then, so no answer below is None
    return [known[key] or {} for key in keys], len(missing)


def export_lines(memo: diskcache.Cache | shared.Shared) -> Iterator[dict[str, Any]]:
    """Every whole entry as {"request", "answer"}, in the order of their keys."""
    keys = memo.keys() if isinstance(memo, shared.Shared) else mending.keys(Path(memo.directory))
    for key in sorted({*keys} - {_FORMAT_KEY, _SPEED_KEY}):
        try:
            entry = memo[key]
        except (*ROT, KeyError):
            continue
        if _is_whole(entry):
            yield {"request": entry["request"], "answer": entry["answer"]}


def import_lines(memo: diskcache.Cache | shared.Shared, lines: Iterable[tuple[str, dict[str, Any]]]) -> tuple[int, int]:
    """Adds entries of `export_lines`; an answer that is here already stays.

    Returns:
        How many were new, and how many were known.

    Raises:
        BadInput: a line without a request or an answer.
    """
    new = known = 0
    for where, line in lines:
        if not isinstance(line.get("request"), dict) or not isinstance(line.get("answer"), dict):
            raise BadInput(f"{where}: expected an object with 'request' and 'answer', as `mbegu memo export` writes it.")
        if recall(memo, line["request"]) is None:
            remember(memo, line["request"], line["answer"])
            new += 1
        else:
            known += 1
    return new, known


def note_speed(memo: Memo, teacher: dict[str, Any], tokens: int, seconds: float) -> None:
    """Keeps how fast a teacher was last, for forecasts. It is a measurement: no output depends on it."""
    if tokens and seconds > 0:
        memo[_SPEED_KEY] = {**_speeds(memo), digest(teacher): tokens / seconds}


def known_speed(memo: Memo, teacher: dict[str, Any]) -> float | None:
    """Generated tokens a second of a teacher's last run, or None."""
    return _speeds(memo).get(digest(teacher))


def _speeds(memo: Memo) -> dict[str, float]:
    try:
        found = memo.get(_SPEED_KEY)
    except ROT:
        return {}
    return found if isinstance(found, dict) else {}
