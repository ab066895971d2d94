"""The app on an address: its pages and its API in one process, until it is told to stop."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from mbegu.errors import BadInput
from mbegu.extras import needs

PASSWORD = "MBEGU_APP_PASSWORD"  # the environment variable
KILLED = (
    "Error: mbegu app was killed from outside, as the kernel does when memory runs out. Every decision that a page called kept "
    "is on disk, and what was asked can be asked again. Start it with fewer models, a smaller base, or --quantization nf4."
)
MOURNER = "import sys; sys.stdin.read() or print(sys.argv[1], file=sys.stderr)"
THREADS = 100  # for those who are being answered, and for all other events of pages
PATIENCE = 3  # seconds in which open connections may end


def check_free(host: str, port: int) -> None:
    """Raises `BadInput` if nothing can listen there, before a model is loaded for it."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # the rest says the address again
        raise BadInput(f"--host {host} --port {port}: can't listen there ({reason}); choose another.") from None


def check_password(host: str, password: str | None) -> str:
    """The password, or "" for none.

    Raises:
        BadInput: there is none though others than this machine may ask.
    """
    from mbegu.pages.app.guard import LOOPBACK

    if not password and host not in LOOPBACK:
        raise BadInput(f"--host {host}: opens the app to others; put a password into the environment variable {PASSWORD}.")
    return password or ""


def keep_to_itself() -> None:
    """Has gradio report to no one, and ask no proxy for its own address. Call it before importing gradio."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["no_proxy"] = "*"  # gradio asks its own address whether it is up; no proxy could tell


@contextmanager
def ended_when_asked() -> Iterator[None]:
    """Has SIGTERM end the program by way of every `finally`, with the exit code that a shell gives it, and quietly."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def mourned() -> Iterator[None]:
    """Has a small process say what happened if this one is killed in the block, which it can't say itself."""
    command = [sys.executable, "-I", "-S", "-c", MOURNER, KILLED]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until there is someone to tell that it ends by itself
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True) as mourner:
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            yield
        finally:
            mourner.communicate(b"it ended by itself")


def mount(app: Any, page: Any, style: str, head: str, waiting: int) -> None:
    """Puts a `gradio.Blocks` under the root of a FastAPI application, with nothing from elsewhere.

    Args:
        waiting: visitors who may wait for an answer. Each holds one of gradio's threads and of its places for running events, of
            which it has 40 in all unless told otherwise: with so many who wait, no page would open any more.
    """
    with needs("app"):
        import gradio as gr
    page.max_threads = waiting + THREADS
    page.queue(max_size=page.max_threads)
    gr.mount_gradio_app(
        app, page, path="/", footer_links=[], run_history=False, show_error=True, max_file_size="1mb", ssr_mode=False,
        enable_monitoring=False, pwa=False, mcp_server=False, css=style, head=head, app_kwargs={"openapi_url": None},
    )  # fmt: skip


@contextmanager
def opened(app: Any, host: str, port: int) -> Iterator[str]:
    """Serves an ASGI application from a thread of its own; yields its address, and closes what is open in a few seconds."""
    with needs("app"):
        import uvicorn

    config = uvicorn.Config(app, host, port, log_level="warning", access_log=False, timeout_graceful_shutdown=PATIENCE)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        if not server.started:
            raise BadInput(f"--host {host} --port {port}: can't listen there; choose another.")
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    finally:
        # a browser's open tab keeps a connection until it is cut, and uvicorn tells of that in a traceback
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        server.should_exit = True
        thread.join()


def serve(app: Any, host: str, port: int, ready: Callable[[str], None], stop: Callable[[], None]) -> None:
    """Serves an ASGI application until Ctrl-C or SIGTERM.

    Args:
        ready: is told the address once it is open.
        stop: ends what is being answered; called before connections are closed.
    """
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with opened(app, host, port) as address:
            ready(address)
            while not asked:
                time.sleep(0.1)
            stop()
    finally:
        stop()
        for number, handler in before.items():
            signal.signal(number, handler)
