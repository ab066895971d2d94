"""What a build would ask the teacher, without asking; and, of a recording, what it lacks and which of its replies are no good."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.asking.about import key_of
from mbegu.asking.memo import ABOUT, Answer, Request, known_speed
from mbegu.asking.settings import Planning
from mbegu.asking.teachers import UNRECORDED, Notes, Teacher
from mbegu.rows.jsonl import write_lines

Work = dict[str, Callable[[Teacher], Any]]
LATER = ("Bootstrap", "Facts and links")  # ask in rounds, each of which depends on the replies to the last


class Seen(NamedTuple):
    """A piece of work, run up to what it can't know."""

    name: str
    seen: list[Request]
    unknown: list[Request]
    refused: list[tuple[Request, str]]  # whose reply was no good, and why


class _Pending(Exception):
    """Carries the requests that the memo does not know out of the work that needs their answers."""

    def __init__(self, requests: list[Request]) -> None:
        super().__init__("requests are pending")
        self.requests = requests


def forecast(planning: Planning, teacher: Teacher, work: Work) -> list[str] | None:
    """What is to be printed in place of work, or None if the work is to be done.

    Args:
        work: by its name, a function that does it with a given teacher. It runs up to the first requests that the
            memo does not know, as what comes after depends on their answers; a recording's lack stops it at the end of a round.
    """
    if not planning.plan and not planning.survey:
        return None
    found = [_look(name, run, teacher) for name, run in work.items()]
    if planning.survey:
        write_lines(Path(planning.survey), (line for one in found for line in _lines(one)))
    return [*(_told(one, teacher) for one in found), _sum([request for one in found for request in one.unknown], teacher)]


def _look(name: str, run: Callable[[Teacher], Any], teacher: Teacher) -> Seen:
    notes, unknown = Notes([], []), list[Request]()

    def replay(requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
        for request in requests:
            answer = teacher.look_up(request) if teacher.look_up else None
            unknown.extend([] if answer else [request])
            yield request, answer or UNRECORDED

    def stop(requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
        raise _Pending(requests)

    try:
        run(teacher._replace(respond=replay if teacher.look_up else stop, notes=notes))
    except _Pending as found:
        unknown += found.requests
    return Seen(name, notes.seen, unknown, notes.refused)


def _lines(one: Seen) -> Iterator[dict[str, Any]]:
    """Each request once, with the reason if its reply was no good."""
    refused = {key_of(request): why for request, why in one.refused}
    unknown = {key_of(request) for request in one.unknown}
    for key, request in {key_of(request): request for request in one.seen if ABOUT in request}.items():
        yield {"request": request, "recorded": key not in unknown, "refused": refused.get(key, "")}


def _told(one: Seen, teacher: Teacher) -> str:
    number, unknown = len(one.seen), len(one.unknown)
    known = "recorded" if teacher.look_up else "memoized"
    more = "; later requests depend on their answers" if one.name in LATER and unknown else ""
    return f"{one.name}: {number} requests, {number - unknown} {known}, {unknown} to ask{more}"


def _sum(pending: list[Request], teacher: Teacher) -> str:
    if not pending:
        return "To ask: 0 requests"
    prompt_tokens = sum(teacher.count_tokens(request["prompt"]) for request in pending)
    most = sum(request["decoding"]["max_new_tokens"] for request in pending)
    speed = known_speed(teacher.memo, teacher.identity)
    time = f"about {max(1, round(most / speed / 60))} min at {speed:.0f} tokens/s" if speed else "time unknown before a first run"
    cost = (prompt_tokens * teacher.prices[0] + most * teacher.prices[1]) / 1e6
    price = f", at most {cost:,.2f} by its prices" if cost else ""
    return f"To ask: {len(pending)} requests, {prompt_tokens} prompt tokens, at most {most} generated; {time}{price}"
