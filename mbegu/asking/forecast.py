"""What a build would ask the teacher, without asking."""

from collections.abc import Callable, Iterator
from typing import Any

import diskcache

from mbegu.asking.memo import Answer, Request, known_speed
from mbegu.asking.teachers import Teacher


class _Pending(Exception):
    """Carries the requests that the memo does not know out of the work that needs their answers."""

    def __init__(self, requests: list[Request]) -> None:
        super().__init__("requests are pending")
        self.requests = requests


def lines(teacher: Teacher, memo: diskcache.Cache, work: dict[str, Callable[[Teacher], Any]]) -> Iterator[str]:
    """One line for each piece of work, and a sum.

    Args:
        work: by its name, a function that does it with a given teacher. It runs up to the first requests that the
            memo does not know, as what comes after depends on their answers.
    """
    seen: list[Request] = []
    pending: list[Request] = []

    def stop(requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
        raise _Pending(requests)

    for name, run in work.items():
        counter: list[Request] = []
        try:
            run(teacher._replace(ask=stop, seen=counter))
            unknown: list[Request] = []
            more = ""
        except _Pending as found:
            unknown, more = found.requests, "; later requests depend on their answers" if name == "Bootstrap" else ""
        seen += counter
        pending += unknown
        yield f"{name}: {len(counter)} requests, {len(counter) - len(unknown)} memoized, {len(unknown)} to ask{more}"
    if pending:
        prompt_tokens = sum(teacher.count_tokens(request["prompt"]) for request in pending)
        most = sum(request["decoding"]["max_new_tokens"] for request in pending)
        speed = known_speed(memo, teacher.identity)
        time = (
            f"about {max(1, round(most / speed / 60))} min at {speed:.0f} tokens/s"
            if speed
            else "time unknown before a first run"
        )
        yield f"To ask: {len(pending)} requests, {prompt_tokens} prompt tokens, at most {most} generated; {time}"
    else:
        yield "To ask: 0 requests"
