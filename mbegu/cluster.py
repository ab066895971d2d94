"""Work on the nodes of a Ray cluster: shards of items go out, results come back as a stream, in the order of the items.

A shard whose node is lost is computed again elsewhere; that it comes out the same is what its function promises.
"""

import hashlib
import pickle
import socket
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from mbegu.errors import BadInput
from mbegu.executors import ADDRESS, Mapped
from mbegu.extras import needs

with needs("ray"):
    import ray
    from ray.exceptions import GetTimeoutError, RayError, RayTaskError

A = TypeVar("A")
B = TypeVar("B")
BYTES, ITEMS = 1_000_000, 500  # of a shard, at most; one item may be larger
AHEAD = 2  # shards a CPU that are computed or wait to be taken: what bounds the memory here and there
TRIES = 3  # times more that a shard is computed whose node or worker was lost
ANSWER = 5.0  # seconds in which a cluster's head takes a connection
LOOK = 2.0  # seconds without a result after which one looks whether there are nodes at all
PATIENCE = 60.0  # seconds without a node: a cluster may be starting new ones
Shard = list[bytes]  # items, pickled


class Done(NamedTuple):
    """What became of a shard."""

    results: list[Any]  # of the items up to the first that failed
    error: Exception | None


@contextmanager
def connected(address: str, cpus: int | None = None) -> Iterator[Mapped]:
    """Yields a `map` whose functions run on a cluster.

    Args:
        address: HOST:PORT of its head; this machine must be one of its nodes. "" starts Ray here, and stops it.
        cpus: how many functions run at once on a Ray that is started here; None for one a core.

    Raises:
        BadInput: nobody listens there, or Ray can't join; in the block, where the cluster is lost.
    """
    if address:
        _reached(address)
    try:
        ray.init(
            address=address or "local",
            num_cpus=None if address else cpus,
            include_dashboard=None if address else False,
            configure_logging=False,
            log_to_driver=False,
        )
    except (RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
        todo = "this machine must be a node of the cluster, with its version of Ray and Python: `ray status` says whether it is"
        raise BadInput(f"executor.address {address!r}: Ray can't join ({_first_line(error)}); {todo}.") from None
    try:
        yield partial(_mapped, ray.remote(max_retries=TRIES)(_computed))
    except RayTaskError as error:  # what a function raises is carried another way; so it could not even begin
        why = str(error).strip().splitlines()[-1].strip()
        todo = "each node needs the same Python, Ray and Mbegu as this machine, with its extras"
        raise BadInput(f"executor: a node of the Ray cluster can't do the work ({why}); {todo}.") from None
    except RayError as error:
        todo = f"{TRIES} more tries were in vain. Look at `ray status` and the memory of its nodes, then run it again"
        raise BadInput(f"executor: Ray lost a part of the work ({_first_line(error)}); {todo}.") from None
    finally:
        ray.shutdown()


def _reached(address: str) -> None:
    """Raises BadInput if nobody listens; Ray itself would ask for a minute, and then end the process."""
    found = ADDRESS.fullmatch(address)
    assert found is not None  # the section was checked
    try:
        socket.create_connection((found["host"].strip("[]"), int(found["port"])), ANSWER).close()
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        todo = "start the head with `ray start --head`, or mend executor.address"
        raise BadInput(f"executor.address {address!r}: nobody listens there ({why}); {todo}.") from None


def _mapped(task: Any, function: Callable[[A], B], items: Iterable[A], /) -> Iterator[B]:
    """`Mapped` over tasks of Ray; what the source of the items raises comes after the results of those before."""
    sent = ray.put(function)
    code = library()
    shards = Shards(iter(items))
    waiting: deque[Any] = deque()
    try:
        most = _most()
        while shard := shards.next():
            waiting.append(task.remote([sent], code, shard))
            if len(waiting) >= most:
                yield from _results(waiting.popleft())
                most = _most()
        while waiting:
            yield from _results(waiting.popleft())
    finally:
        with suppress(Exception):  # nobody wants them any more, and the cluster may be gone
            for reference in waiting:
                ray.cancel(reference)
    if shards.error:
        raise shards.error


class Shards:
    """Items in shards, and what their source raised."""

    def __init__(self, items: Iterator[Any]) -> None:
        self.items = items
        self.error: Exception | None = None

    def next(self) -> Shard:
        """The next shard, or an empty one."""
        shard: Shard = []
        size = 0
        while size < BYTES and len(shard) < ITEMS and self.error is None:
            try:
                shard.append(pickle.dumps(next(self.items), pickle.HIGHEST_PROTOCOL))
            except StopIteration:
                break
            except Exception as error:
                self.error = error
                break
            size += len(shard[-1])
        return shard


def _computed(sent: list[Any], code: str, shard: Shard) -> Done:
    """A shard's work, on a node; `sent` refers to the function, which is fetched once a worker and not once a shard."""
    if library() != code:
        return Done([], BadInput("executor: a node of the Ray cluster has another Mbegu than this machine; install the same."))
    function = _function(sent[0])
    results: list[Any] = []
    for item in shard:
        try:
            results.append(function(pickle.loads(item)))
        except Exception as error:
            return Done(results, _portable(error))
    return Done(results, None)


@lru_cache(maxsize=1)
def _function(reference: Any) -> Any:
    return ray.get(reference)


def _portable(error: Exception) -> Exception:
    """An exception as it can be sent: itself, where that can be pickled, with the place where it was raised."""
    if not isinstance(error, BadInput):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # some take other arguments than they keep
        return RuntimeError("".join(traceback.format_exception(error)))
    return error


def _results(reference: Any) -> Iterator[Any]:
    done = _taken(reference)
    yield from done.results
    if done.error:
        raise done.error


def _taken(reference: Any) -> Done:
    """What became of a shard, as soon as it is known."""
    seen = time.monotonic()
    while True:
        try:
            return ray.get(reference, timeout=LOOK)
        except GetTimeoutError:
            if _cpus():
                seen = time.monotonic()
            elif time.monotonic() - seen > PATIENCE:
                todo = "look at `ray status`, then run it again"
                raise BadInput(f"executor: the Ray cluster has had no node with a CPU for {PATIENCE:.0f} s; {todo}.") from None


def _cpus() -> float:
    """CPUs of the nodes that are alive."""
    return float(sum(node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]))


def _most() -> int:
    """How many shards may be on the way; nodes come and go."""
    return AHEAD * max(1, int(_cpus()))


@cache
def library() -> str:
    """The SHA-256 of the library's code: all nodes must have the same, or bytes would depend on where a shard was computed."""
    found = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        found.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
