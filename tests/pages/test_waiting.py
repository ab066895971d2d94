"""Many who wait for an answer, and those who leave while they wait, at a real server; and who else may come there."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
from mbegu.pages.app.pairs import Pair, asked_now
from mbegu.pages.app.passages import Searched
from mbegu.pages.app.site import Site
from mbegu.retrieval.passages import Found

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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def running(base: Path, waiting: int) -> Iterator[Engine]:
    engine = Engine(load_speakers(base, {"base": base}, "none", PROMPT), load_tokenizer(base), waiting)
    try:
        yield engine
    finally:
        engine.close()


def site_of(engine: Engine, folder: Path, find) -> Site:
    (folder / "params.yaml").write_text("{}\n")
    searched = Searched("handbook", find, folder / "none") if find else None
    return Site(folder, project_in(folder), {}, "ንብ", "", engine, {}, [], {}, 5, searched)


@contextmanager
def served(base: Path, folder: Path, waiting: int, *find) -> Iterator[tuple[str, Engine]]:
    """The page Ask and the API; only the API where `find` is given, which finds passages if it is not None."""
    with running(base, waiting) as engine:
        app = frame.guarded_application(site_of(engine, folder, *(find or [None])), guard.Rules(), {} if find else {"Ask": chat})
        with server.opened(app, "127.0.0.1", free_port()) as address:
            yield address, engine


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


def request(content: str, **values: object) -> dict:
    return {"model": "base", "messages": [{"role": "user", "content": content}], **values}


def test_while_one_question_is_searched_for_others_are_answered(tiny_base, tmp_path):
    begun, let = threading.Event(), threading.Event()

    def find(question: str) -> Found:
        begun.set()
        assert let.wait(60)
        return Found("", [])

    with served(tiny_base, tmp_path, 5, find) as (address, _), ThreadPoolExecutor() as threads:
        asked = threads.submit(httpx.post, f"{address}v1/chat/completions", json=request("ሰላም?", retrieve=True), timeout=90)
        assert begun.wait(60)
        assert httpx.get(f"{address}health", timeout=30).json()["status"] == "ok"
        let.set()
        assert asked.result().json()["mbegu"]["sources"] == []


@pytest.mark.parametrize("stream", [False, True])
def test_half_a_character_is_one_clear_error(tiny_base, tmp_path, stream):
    with served(tiny_base, tmp_path, 5, None) as (address, _):
        for content, about in (("ሰላም \ud83c", ""), ("ሰላም", "\udf31 مرحبا")):
            body = json.dumps(request(content, input=about, stream=stream))
            answer = httpx.post(f"{address}v1/chat/completions", content=body, timeout=30)
            assert answer.status_code == 400 and "half a character" in answer.json()["error"]["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_program_that_goes_before_the_first_word_is_noticed(tiny_base, tmp_path, held, stream):
    with served(tiny_base, tmp_path, 5, None) as (address, engine):
        answers, ask = [], engine.ask
        engine.ask = lambda question: answers.append(ask(question)) or answers[-1]
        url = f"{address}v1/chat/completions"
        with suppress(httpx.ReadTimeout):
            httpx.post(url, json=request("ሰላም?", stream=stream), timeout=httpx.Timeout(30, read=1))
        until(lambda: answers and answers[0].left.is_set())
        held.set()


def test_a_client_that_is_gone_before_its_stream_begins_is_noticed(tiny_base, tmp_path):
    with running(tiny_base, 5) as engine:
        answers, ask = [], engine.ask
        engine.ask = lambda question: answers.append(ask(question)) or answers[-1]
        app = frame.guarded_application(site_of(engine, tmp_path, None), guard.Rules(), {})
        messages = [{"type": "http.request", "body": json.dumps(request("ሰላም?", stream=True)).encode()}]

        async def receive():
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(_):
            raise OSError("gone")

        scope = {
            "type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b"", "root_path": "",
            "headers": [(b"host", b"localhost")], "asgi": {"spec_version": "2.4"},
        }  # fmt: skip
        with suppress(Exception):
            asyncio.run(app(scope, receive, send))
        assert answers[0].left.is_set()


def test_pages_of_other_programs_read_nothing_and_no_schema_is_served(tiny_base, tmp_path):
    with served(tiny_base, tmp_path, 5) as (address, _):
        for method, path in (("GET", "config"), ("GET", ""), ("OPTIONS", "config")):
            headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET"}
            answer = httpx.request(method, f"{address}{path}", headers=headers, timeout=60)
            assert answer.status_code == 200 and not [name for name in answer.headers if name.startswith("access-control-")]
        assert "paths" not in httpx.get(f"{address}openapi.json", timeout=60).text


def test_with_a_password_a_proxy_may_know_this_server_by_another_name(tiny_base, tmp_path):
    name = {"Host": "nyuki.example", "Authorization": "Bearer ሚስጥር".encode()}
    for password, status in (("ሚስጥር", 200), ("", 421)):
        with running(tiny_base, 5) as engine:
            app = frame.application(site_of(engine, tmp_path, None), "127.0.0.1", password, True)
            with server.opened(app, "127.0.0.1", free_port()) as address:
                assert httpx.get(f"{address}v1/models", headers=name, timeout=30).status_code == status


def test_two_models_that_are_judged_are_waited_for_in_beats(tiny_base, tmp_path, held):
    row = {"id": "0" * 16, "instruction": "ሰላም? 🌱", "input": "مرحبا"}
    with running(tiny_base, 5) as engine:
        answers, ask = [], engine.ask
        engine.ask = lambda question: answers.append(ask(question)) or answers[-1]
        asking = asked_now(site_of(engine, tmp_path, None), Pair("base-base", "base", "base"), row)
        assert next(asking) is None and engine.load() == (1, 1)  # neither has said anything
        held.set()
        *_, judgement = asking
        assert judgement.left.answer == judgement.right.answer and engine.told.answers.total() == 2
        held.clear()
        asking = asked_now(site_of(engine, tmp_path, None), Pair("base-base", "base", "base"), row)
        assert next(asking) is None
        asking.close()
        assert len(answers) == 4 and all(one.left.is_set() for one in answers)
        held.set()
