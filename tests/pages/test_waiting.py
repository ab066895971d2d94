"""Many who wait for an answer, and those who leave while they wait, at a real server."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from gradio_client import Client

from mbegu.asking import slots
from mbegu.asking.decoding import Decoding
from mbegu.asking.prompts import Prompt
from mbegu.asking.speakers import load_speakers
from mbegu.asking.together import Engine
from mbegu.asking.visits import Busy, Question
from mbegu.builds.project import project_in
from mbegu.models.loading import load_tokenizer
from mbegu.pages.app import chat, frame, guard, server
from mbegu.pages.app.site import Site

VISITORS = 45  # more than gradio has threads of its own
ASKED = Question("base", "Habari?", "", Decoding(5))
PROMPT = Prompt("{{ instruction }}\n{{ input }}", True)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set, it lets the model read its first prompt; until then all wait."""
    let, admit = threading.Event(), slots.Slots.admit

    def slow(*given):
        assert let.wait(120)
        return admit(*given)

    monkeypatch.setattr(slots.Slots, "admit", slow)
    yield let
    let.set()


@contextmanager
def served(base: Path, folder: Path, waiting: int, serve_only: bool = False) -> Iterator[tuple[str, Engine]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "params.yaml").write_text("{}\n")
    engine = Engine(load_speakers(base, {"base": base}, "none", PROMPT), load_tokenizer(base), waiting)
    site = Site(folder, project_in(folder), {}, "ንብ", "", engine, {}, [], {}, 5)
    app = frame.guarded_application(site, guard.Rules(), {} if serve_only else {"Ask": chat})
    try:
        with server.opened(app, "127.0.0.1", port) as address:
            yield address, engine
    finally:
        engine.close()


def until(true) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it never was")


def test_the_page_answers_while_more_wait_than_gradio_has_threads(tiny_base, tmp_path, held):
    with served(tiny_base, tmp_path, VISITORS) as (address, engine):
        visitor = Client(address, verbose=False, max_workers=VISITORS + 5)
        jobs = [visitor.submit("ሰላም? 🌱 مرحبا", "", ["base"], 5, 0, 0, api_name="/ask") for _ in range(VISITORS + 1)]
        until(lambda: engine.load()[1] == VISITORS)
        for path in ("", "config", "gradio_api/info"):
            assert httpx.get(f"{address}{path}", timeout=30).status_code == 200
        page, *_ = visitor.predict("Habari?", "", ["base"], 5, 0, 0, api_name="/ask")
        assert f"{VISITORS} questions wait already" in page
        held.set()
        assert all("base answers:" in job.result(timeout=120)[0] for job in jobs)


def test_a_tab_that_is_closed_before_the_first_word_makes_room(tiny_base, tmp_path, held):
    with served(tiny_base, tmp_path, 1) as (address, engine), httpx.Client(base_url=address, timeout=30) as tab:
        ask = next(one for one in tab.get("config").json()["dependencies"] if one["api_name"] == "ask")
        data = ["ሰላም?", "", ["base"], 5, 0, 0, False, []]
        for place, session in enumerate(("first", "second"), 1):  # one whom the model reads, and one who waits
            given = {"data": data, "fn_index": ask["id"], "session_hash": session}
            assert tab.post("gradio_api/queue/join", json=given).status_code == 200
            until(lambda place=place: sum(engine.load()) == place)
        with pytest.raises(Busy):
            engine.ask(ASKED)
        with tab.stream("GET", "gradio_api/queue/data", params={"session_hash": "second"}) as stream:
            assert "estimation" in next(stream.iter_lines())  # then it closes
        until(lambda: asked(engine))
        held.set()


def asked(engine: Engine) -> bool:
    with suppress(Busy):
        return bool(engine.ask(ASKED))
    return False
