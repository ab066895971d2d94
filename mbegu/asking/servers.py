"""Which of several endpoints is asked next, how many requests each may have in flight, and which is left out for a while.

A limit for each (AIMD, Chiu and Jain 1989): every answer raises it by one over itself, up to what it may be at most; a sign that
the server has too much to do halves it, once for all requests that were sent before. No clock and no network of its own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from mbegu.asking.completions import AGAIN, LATE, SLOW, Trouble

LEFT_OUT = 30.0  # seconds, after which one request tries whether the server is well again
SHORTEST, LONGEST = 0.5, 8.0  # seconds between two tries, as OpenAI's client waits
PASSING = (AGAIN, LATE, SLOW)
LONGEST_TOLD = 60.0  # seconds of a Retry-After that are waited before the next try


@dataclass
class Server:
    """An endpoint, and how it does."""

    url: str
    most: int  # requests in flight
    limit: float = field(init=False)  # of them now
    flying: int = 0
    until: float = 0.0  # when it may be asked again
    answered: float = -1.0  # when it last did
    marked: float = -1.0  # when a failure last counted: what was sent before is part of it
    failures: int = 0  # that counted since it last answered
    trouble: Trouble | None = None  # why it is left out
    told: bool = False  # whether anybody was told so

    def __post_init__(self) -> None:
        self.limit = float(self.most)


def pick(servers: Sequence[Server], now: float, avoid: Collection[str] = ()) -> Server | None:
    """The server that has least to do for what it can, one of `avoid` only where there is no other; None if all have enough.

    Args:
        now: seconds of a clock that only goes forward, as all times here.
        avoid: addresses of servers where the request has failed.
    """
    free = [one for one in servers if one.until <= now and one.flying < (1 if one.trouble else int(one.limit))]
    # one that was left out goes first, with a single request, or nobody would find out that it is well again
    return min(free, key=lambda one: (one.url in avoid, one.trouble is None, one.flying / one.limit), default=None)


def answered(server: Server, now: float) -> bool:
    """Notes an answer, which a refusal of a prompt is too; gives whether the server had been left out."""
    back = server.trouble is not None
    server.limit = 1.0 if back else min(float(server.most), server.limit + 1 / server.limit)
    server.answered, server.failures, server.trouble = now, 0, None
    return back


def failed(server: Server, found: Trouble, sent: float, now: float, retries: int) -> bool:
    """Notes a failure; gives whether the server failed, and not one request alone.

    It is left out at what no other try mends, or after more than `retries` failures with no answer between them.

    Args:
        sent: when the request was.
    """
    # that it has too much to do says nothing against it while it works on what else it was sent
    first, alone = sent >= server.marked, sent >= server.answered and not (found.kind == SLOW and server.flying)
    if first and found.kind in (LATE, SLOW):
        server.limit = max(1.0, server.limit / 2)
    if first and alone:
        server.failures += 1
    if first and (alone or found.kind in (LATE, SLOW)):
        server.marked = now
    if first and (alone or found.wait):
        server.until = max(server.until, now + pause(found, server.failures))
    if server.trouble or found.kind not in PASSING or server.failures > retries:
        leave_out(server, found, now)
    return alone or found.kind not in PASSING


def leave_out(server: Server, found: Trouble, now: float) -> None:
    """Spares a server for a while."""
    server.trouble, server.until = found, max(server.until, now + LEFT_OUT)


def pause(found: Trouble, failures: int) -> float:
    """Seconds until the next try: what the server asks for, or twice as long each time."""
    return min(found.wait, LONGEST_TOLD) if found.wait else min(SHORTEST * 2 ** max(0, failures - 1), LONGEST)
