"""What a build would ask the teacher, without asking."""

from collections.abc import Callable, Iterator
from typing import Any

from mbegu.asking.memo import Answer, Request, known_speed
from mbegu.asking.teachers import Teacher


class _Pending(Exception):
    """Carries the requests that the memo does not know out of the work that needs their answers."""

    def __init__(self, requests: list[Request]) -> None:
        super().__init__("requests are pending")
        self.requests = requests


def lines(teacher: Teacher, work: dict[str, Callable[[Teacher], Any]]) -> Iterator[str]:
    """One line for each piece of work, and a sum.

    Args:
        work: by its name, a function that does it with a given teacher. It runs up to the first requests that the
            memo does not know, as what comes after depends on their answers.
    """
    pending: list[Request] = []
    for name, run in work.items():
        seen: list[Request] = []
        unknown: list[Request] = []
        more = ""
        try:
            run(teacher._replace(respond=_stop, seen=seen))
        except _Pending as found:
            unknown, more = found.requests, "; later requests depend on their answers" if name == "Bootstrap" else ""
        pending += unknown
        yield f"{name}: {len(seen)} requests, {len(seen) - len(unknown)} memoized, {len(unknown)} to ask{more}"
    yield _sum(pending, teacher)


def _stop(requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
    raise _Pending(requests)


def _sum(pending: list[Request], teacher: Teacher) -> str:
    if not pending:
        return "To ask: 0 requests"
    prompt_tokens = sum(teacher.count_tokens(request["prompt"]) for request in pending)
    most = sum(request["decoding"]["max_new_tokens"] for request in pending)
    speed = known_speed(teacher.memo, teacher.identity)
    time = f"about {max(1, round(most / speed / 60))} min at {speed:.0f} tokens/s" if speed else "time unknown before a first run"
    return f"To ask: {len(pending)} requests, {prompt_tokens} prompt tokens, at most {most} generated; {time}"
