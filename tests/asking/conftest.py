"""An endpoint on loopback, for the tests of this room."""

from stubs import serve  # noqa: F401
