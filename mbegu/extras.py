"""Packages that only some projects need: an extra brings them, and a missing one is one line."""

from collections.abc import Iterator
from contextlib import contextmanager

from mbegu.errors import BadInput


class MissingExtra(BadInput, ImportError):
    """A package is not installed. An ImportError too, as an import is where it shows."""


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Around the imports of packages that an extra of ours brings.

    Raises:
        MissingExtra: one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise MissingExtra(
            f"{package} is not installed; it comes with the extra `{extra}`: pip install 'mbegu[{extra}]'."
        ) from None
