"""A teacher that replays recordings, each a file of lines that stand by themselves.

    {"about": {"task": "answer", "version": 1, "text": …, "question": …}, "answer": {"value": {"quote": …, "answer": …}}}

`mbegu record` writes them; a line without `by` was written by people. What `mbegu memo export` writes, {"request", "answer"}, is
a recording too, whose requests are known by their every letter; who was asked then does not matter, but for the row's origin.
"""

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.asking.about import TASK, VERSION, About, about_key
from mbegu.asking.memo import ABOUT, Answer, Request, digest
from mbegu.asking.settings import Recorded
from mbegu.asking.teachers import BY, UNRECORDED, Teacher, signed
from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines

KEYS = (ABOUT, "request", "answer", BY)
UNSAID = ("teacher", ABOUT)  # what an exported request is not known by


class Line(NamedTuple):
    """A reply, and where it stands."""

    where: str  # "path:line"
    about: About | None  # None where a whole request stands
    answer: Answer


def recorded(how: Recorded) -> Teacher:
    """Replays recordings. It keeps no memo, as it needs none.

    Raises:
        BadInput: no such file, a line that is no recording, two replies to one request; when asked, with `missing: error`,
            requests that have none.
    """
    replies = read_recordings(how.file)

    def respond(requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
        found = [(request, find(request)) for request in requests]
        missing = [request for request, answer in found if answer is None]
        if missing and how.missing == "error" and not _ends(missing, requests):
            raise BadInput(_missing(how.file, missing, len(requests)))
        yield from ((request, answer or UNRECORDED) for request, answer in found)

    find = partial(_find, replies)
    file = digest({key: line.answer for key, line in sorted(replies.items())})
    return Teacher({"kind": "recorded", "file": file}, respond, lambda text: len(text) // 4, {}, look_up=find)


def _find(replies: dict[str, Line], request: Request) -> Answer | None:
    """By what the request is about, or by its every letter."""
    keys = [about_key(request[ABOUT])] if ABOUT in request else []
    for key in (*keys, _exported(request)):
        if key in replies:
            return {**replies[key].answer, "recording": replies[key].where}
    return None


def _ends(missing: list[Request], requests: list[Request]) -> bool:
    """Whether nothing of a later round is recorded: the recording ends there, as rounds end when enough was accepted, and whoever
    adds a seed may find one reply less to be new."""
    return len(missing) == len(requests) and all(request.get(ABOUT, {}).get("round", 0) > 0 for request in requests)


def _missing(path: Path, requests: list[Request], of: int) -> str:
    tasks = Counter(request.get(ABOUT, {}).get(TASK, "other") for request in requests)
    told = ", ".join(f"{count} of task {task}" for task, count in sorted(tasks.items()))
    how = "let a live judge speak and export its memo" if "judge" in tasks else "`mbegu record` lists them and takes replies"
    return (
        f"{path}: {len(requests)} of {of} requests are not recorded ({told}), the first begins {requests[0]['prompt'][:80]!r}; "
        f"{how}, or set teacher.recorded.missing to skip."
    )


def files(path: Path) -> list[Path]:
    """The recordings of a folder, by name, or the one that `path` is."""
    return sorted(path.glob("*.jsonl")) if path.is_dir() else [path]


def read_recordings(path: Path) -> dict[str, Line]:
    """All replies, by the key of their request.

    Raises:
        BadInput: no such file, a line that is no recording, two replies to one request.
    """
    found: dict[str, Line] = {}
    for file in files(path):
        for where, value in read_lines(file, KEYS):
            key, line = parse(value, where)
            if key in found:
                raise BadInput(f"{where}: answers what {found[key].where} answers; keep one.")
            found[key] = line
    return found


def parse(value: dict[str, Any], where: str) -> tuple[str, Line]:
    """A line of a recording, and its key.

    Raises:
        BadInput: it is none.
    """
    about, request, by = value.get(ABOUT), value.get("request"), value.get(BY)
    if isinstance(about, dict) == isinstance(request, dict) or (by is not None and not isinstance(by, dict)):
        raise BadInput(f"{where}: expected 'about' (or 'request') and 'answer' objects, as `mbegu record` writes them.")
    answer = {"tokens": 0, "finish_reason": "stop", **_answer(value.get("answer"), where)}
    if about is None or not isinstance(about, dict):
        assert isinstance(request, dict)  # as one of the two is
        writer = signed(request["teacher"]) if isinstance(request.get("teacher"), dict) else {"kind": "unknown"}
        return _exported(request), Line(where, None, {**answer, BY: writer})
    if not isinstance(about.get(TASK), str) or type(about.get(VERSION)) is not int:
        raise BadInput(f"{where}: 'about' has no text 'task' or no whole number 'version'; copy both from `mbegu record`.")
    return about_key(about), Line(where, about, {**answer, **({BY: signed(by)} if by else {})})


def _answer(answer: Any, where: str) -> Answer:
    """With its text; a value is written as the JSON that a teacher would."""
    if isinstance(answer, dict) and isinstance(answer.get("value"), dict) and "text" not in answer:
        rest = {key: part for key, part in answer.items() if key != "value"}
        return {"text": json.dumps(answer["value"], ensure_ascii=False), **rest}
    if not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
        raise BadInput(f"{where}: expected an 'answer' object with a 'text' or a 'value'.")
    return answer


def _exported(request: Request) -> str:
    return digest({key: value for key, value in request.items() if key not in UNSAID})
