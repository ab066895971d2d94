"""Where a stage's work is done: in this process, or on the nodes of a Ray cluster. What comes out is the same to the byte.

The section `executor` of params.yaml says where. No stage depends on it, and no output: a build that moves to a cluster is not
built again.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from mbegu.errors import BadInput

A = TypeVar("A")
B = TypeVar("B")
KINDS = ("local", "ray")
ADDRESS = re.compile(r"(?P<host>[^\s:/]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})")


class Mapped(Protocol):
    """What `map` does, wherever: the results in the order of the items, as a stream; an exception stands where its item stood.

    A function that may run elsewhere can be pickled, and so can its items, its results and what it raises.
    """

    def __call__(self, function: Callable[[A], B], items: Iterable[A], /) -> Iterator[B]: ...  # noqa: D102


class Executor(NamedTuple):
    """The section `executor`."""

    kind: str = "local"  # or "ray"
    address: str = ""  # HOST:PORT of a Ray cluster; "" starts Ray on this machine


def local(function: Callable[[A], B], items: Iterable[A], /) -> Iterator[B]:
    """The work done here, one item after the other."""
    return map(function, items)


@contextmanager
def mapping(params: Path | None) -> Iterator[Mapped]:
    """Yields where the work is done, as a params.yaml says; connected as long as the block lasts.

    Raises:
        BadInput: as `read_executor`, or no such cluster; while results are taken, one that is lost.
        MissingExtra: Ray is chosen and not installed.
    """
    found = read_executor(params)
    if found.kind == "local":
        yield local
        return
    from mbegu.cluster import connected

    with connected(found.address) as mapped:
        yield mapped


def read_executor(params: Path | None) -> Executor:
    """The section `executor` of a params.yaml; here, if there is no such section, or no file is given.

    Raises:
        BadInput: no such file, no YAML, or a value that is none.
    """
    if params is None:
        return Executor()
    import yaml

    try:
        sections = yaml.safe_load(params.read_bytes())
    except OSError as error:
        raise BadInput(f"{params}: {error.strerror}; expected a params.yaml, or leave --executor out.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise BadInput(f"{params}: not YAML; mend it.") from None
    section = sections.get("executor") if isinstance(sections, dict) else None
    return Executor() if section is None else _checked(section, f"{params}: executor")


def _checked(section: Any, where: str) -> Executor:
    if not isinstance(section, dict) or section.keys() - set(Executor._fields):
        raise BadInput(f"{where} is {section!r}; expected {{kind: local, address: ''}} and no other keys.")
    found = Executor(**section)
    if found.kind not in KINDS:
        raise BadInput(f"{where}.kind is {found.kind!r}; expected {' or '.join(KINDS)}.")
    if not isinstance(found.address, str) or (found.address and not ADDRESS.fullmatch(found.address)):
        raise BadInput(
            f"{where}.address is {found.address!r}; expected HOST:PORT of the cluster's head, such as 10.0.0.1:6379, or '' to "
            "start Ray on this machine."
        )
    return found
