"""An endpoint on loopback, for the tests of this room."""

from contextlib import ExitStack

import pytest
from stubs import serving

from mbegu.asking.endpoint import KEY
from mbegu.asking.settings import Endpoint


@pytest.fixture
def serve(monkeypatch):
    """Starts a server with a behaviour, returns an endpoint to it and the requests that it saw."""
    monkeypatch.setenv(KEY, "secret-key")
    with ExitStack() as servers:

        def start(behaviour, models=None, **settings):
            url, seen = servers.enter_context(serving(behaviour, models))
            values = {"concurrency": 2, "retries": 0, "timeout": 5.0, "prompt_price": 0.0, "completion_price": 0.0, **settings}
            return Endpoint(url, "m", **values), seen

        yield start
