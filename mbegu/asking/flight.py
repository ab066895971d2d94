"""Requests in flight to several endpoints, on one thread: no more are made than are in flight, whatever there is to ask."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from mbegu.asking.completions import PROMPT, SLOW, Heard, Trouble
from mbegu.asking.memo import Request
from mbegu.asking.servers import Server, answered, failed, pause, pick

Call: TypeAlias = Callable[[str, Request], Awaitable[Heard | Trouble]]  # address and request in
Said: TypeAlias = Callable[[str], None]


@dataclass
class Try:
    """A request that waits, or is in flight."""

    request: Request
    tries: int = 0  # that failed
    after: float = 0.0  # when it may be tried again
    avoid: set[str] = field(default_factory=set)  # addresses where it failed


@dataclass
class Run:
    """What there is to ask, and who is asked."""

    servers: Sequence[Server]
    call: Call
    retries: int
    warn: Said
    stopped: bool = False  # then nothing more is sent


@dataclass
class Landed:
    """A try that ended."""

    one: Try
    server: Server
    sent: float
    found: Heard | Trouble


Landing: TypeAlias = asyncio.Queue[Landed | Exception | None]


class Outcome(NamedTuple):
    """What came of a request."""

    request: Request
    found: Heard | Trouble
    tries: int  # that failed


def outcomes(runner: asyncio.Runner, requests: Iterable[Request], run: Run) -> Iterator[Outcome]:
    """`fly` for who waits: what is in flight stands still while an outcome is used."""
    flight = fly(requests, run)

    async def step() -> list[Outcome] | None:
        return await anext(flight, None)

    while (found := runner.run(step())) is not None:
        yield from found


async def fly(requests: Iterable[Request], run: Run) -> AsyncIterator[list[Outcome]]:
    """What came of each request, as it comes, some at once.

    What fails is tried again, elsewhere where it can be: up to `retries` times, and once more for each further endpoint. The
    first request that fails for good stops the run, as does `run.stopped`: what is in flight may still answer, all else is never
    sent.
    """
    clock, landed, fresh = asyncio.get_running_loop().time, Landing(), deque(requests)
    again: list[Try] = []
    flying: set[asyncio.Task[None]] = set()
    while True:
        if run.stopped:
            again.clear()
            fresh.clear()
        now = clock()
        while not run.stopped and (one := _next(again, fresh, run, now)) is not None:
            server = pick(run.servers, now, one.avoid)
            assert server is not None  # `_next` looked
            server.flying += 1
            task = asyncio.create_task(_fly(one, server, run, landed))
            flying.add(task)
            task.add_done_callback(flying.discard)
        if not flying and landed.empty() and not again and not fresh:
            return
        times = [one.until for one in run.servers if now < one.until < math.inf] + [one.after for one in again if one.after > now]
        ended = await _ended(landed, min(times, default=None))
        yield [pair for one in ended if (pair := _settle(one, again, run, clock())) is not None]


async def _fly(one: Try, server: Server, run: Run, landed: Landing) -> None:
    sent = asyncio.get_running_loop().time()
    try:
        landed.put_nowait(Landed(one, server, sent, await run.call(server.url, one.request)))
    except Exception as error:  # a fault of ours, which must not wait for ever
        landed.put_nowait(error)


def _next(again: list[Try], fresh: deque[Request], run: Run, now: float) -> Try | None:
    """What to send next, if some server may be asked now and something waits."""
    if pick(run.servers, now) is None:
        return None
    for place, one in enumerate(again):
        if one.after <= now:
            return again.pop(place)
    return Try(fresh.popleft()) if fresh else None


async def _ended(landed: Landing, alarm: float | None) -> list[Landed]:
    """The tries that have ended, once one has, or none once it is time to look again."""
    called = asyncio.get_running_loop().call_at(alarm, landed.put_nowait, None) if alarm else None
    found = [await landed.get()]
    while not landed.empty():
        found.append(landed.get_nowait())
    if called:
        called.cancel()
    for error in found:
        if isinstance(error, Exception):
            raise error
    return [one for one in found if isinstance(one, Landed)]


def _settle(ended: Landed, again: list[Try], run: Run, now: float) -> Outcome | None:
    """What came of a request, or nothing if it is to be tried again."""
    one, server, found = ended.one, ended.server, ended.found
    server.flying -= 1  # not before what it said is known, or one that is down would be sent more
    if isinstance(found, Heard) or found.kind == PROMPT:
        if answered(server, now):
            run.warn(f"{server.url} answers again.")
        return Outcome(one.request, found, one.tries)
    out = server.trouble is not None
    its_own = not failed(server, found, ended.sent, now, run.retries)
    several = any(other.trouble is None for other in run.servers)
    if server.trouble and several and not server.told:
        server.told = True
        run.warn(f"{server.url} gave {found.said}; it is left out for a while, its requests go to the others.")
    # neither a request that found out that a server is still ill has failed, nor one that came when others were answered
    one.tries += not out and not (its_own and found.kind == SLOW)
    one.avoid.add(server.url)
    if run.stopped or not several or one.tries >= run.retries + len(run.servers):
        run.stopped = True
        return Outcome(one.request, found, one.tries)
    elsewhere = any(other.trouble is None and other.url not in one.avoid for other in run.servers)
    one.after = now if elsewhere else now + pause(found, one.tries)
    if not elsewhere:
        one.avoid.clear()
    again.append(one)
    return None
