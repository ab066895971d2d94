"""The app, served for real: whose answers it gives, whom it lets in, and what text can do there."""

import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import psutil
import pytest
import yaml
from adapters import save_adapter
from gradio_client import Client
from openai import APIError, APIStatusError, AuthenticationError, BadRequestError, NotFoundError, OpenAI
from root import ROOT

from mbegu.asking import slots
from mbegu.asking.decoding import Decoding
from mbegu.asking.speakers import load_speakers, names_of
from mbegu.asking.together import Engine
from mbegu.asking.visits import Failed, Question
from mbegu.builds.project import project_in
from mbegu.models.loading import load_tokenizer
from mbegu.pages.app import ask, chat, frame, server
from mbegu.pages.app.site import Site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TITLE = "Nyuki <b>ንብ</b> النحل"
DISCLAIMER = "Not financial advice; <b>ምክር</b> & more."
PROJECT = {
    "locale": {"languages": ["am"], "currency": "ETB", "unknown": "አላውቅም", "names": [], "disclaimer": DISCLAIMER},
    "publish": {"name": TITLE, "licence": "apache-2.0", "tags": [], "limits": []},
}
EXAMPLES = [
    {"instruction": "ሰላም ምንድን ነው? <b>1</b>", "unanswerable": True},
    {"instruction": "Two", "input": "KES"},
    {"instruction": "3"},
]
MARKUP = "<img src='http://example.invalid/a.png' onerror='window.hit=1'><b>bold</b> **x** &amp; مرحبا"
TOKENS = 40


@pytest.fixture(scope="module")
def trained(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two LoRA adapters with different prompts, of one name in two folders, and a fully fine-tuned model."""
    folder = tmp_path_factory.mktemp("trained")
    return [
        save_adapter(tiny_base, folder / "a/v1.5", "lora", "alpaca", False, 1),
        save_adapter(tiny_base, folder / "b/v1.5", "lora", "chat", True, 2),
        save_adapter(tiny_base, folder / "whole", "full", "question-answer", False, 3),
    ]


@pytest.fixture(scope="module")
def served(tiny_base: Path, trained: list[Path], tmp_path_factory: pytest.TempPathFactory):
    """(address, process) of the app in a process of its own."""
    folder = tmp_path_factory.mktemp("served")
    examples = folder / "examples.jsonl"
    examples.write_text("".join(json.dumps(row) + "\n" for row in EXAMPLES))
    (folder / "project.yaml").write_text(yaml.safe_dump(PROJECT))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "mbegu", "app", "--base", tiny_base, "--examples", examples, "--example_count", 2, "--port", port,
        "--params", "project.yaml", "--quantization", "none", "--max_new_tokens", TOKENS,
    ]  # fmt: skip
    for adapter in trained:
        command += ["--adapter", adapter]
    # a proxy that is not there: the app must need none
    environment = {
        **os.environ, "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, cwd=folder, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        names = f"base, {trained[0]}, {trained[1]}, whole"
        assert line == f"{names} answer on http://127.0.0.1:{port}/ until Ctrl-C.\n"
        yield f"http://127.0.0.1:{port}/", process
        process.terminate()
    assert sorted(path.name for path in folder.iterdir()) == [
        "examples.jsonl",
        "project.yaml",
    ]  # no log and no cache of what was asked


@pytest.fixture(scope="module")
def client(served) -> Client:
    return Client(served[0], verbose=False)


class Seen(HTMLParser):
    """The texts of a conversation on the page, each with what it is: "asked", "label", "said" or "about"."""

    KINDS: ClassVar = {"h2": "asked", "h3": "label", "said": "said", "about": "about", "p": "asked"}

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        kind = self.KINDS.get(dict(attrs).get("class", tag))
        if kind:
            self.found.append((kind, ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1] = (self.found[-1][0], self.found[-1][1] + data)


def texts(page: str, kind: str) -> list[str]:
    return [text for what, text in Seen(page).found if what == kind]


@functools.cache
def asked_alone(base: Path, adapter: Path, question: str, input_: str) -> dict[str, str]:
    """What `mbegu ask --compare` prints for the base model, asked as `adapter` is, and for `adapter`."""
    answers = ask.ask_all(ask.Typed(question, input_, TOKENS), base, [adapter], "none")
    return {"base": answers[0][1], "adapter": answers[1][1]}


def test_everyone_answers_as_ask_does_whoever_answered_before(client, tiny_base, trained):
    asked = [("What is a fund?", ""), ("ሰላም? 🌱 مرحبا \u200d", "KES 5,000\n  an indented <line>")]
    for question, input_ in asked:
        answers = {}
        alone = [asked_alone(tiny_base, adapter, question, input_) for adapter in trained]
        expected = dict(zip(map(str, trained[:2]), alone, strict=False)) | {"whole": alone[2]}
        for name in ("base", *expected, "base"):
            job = client.submit(question, input_, [name], TOKENS, 0, 0, api_name="/ask")
            states = [page for page, *_ in job]
            wanted = alone[0]["base"] if name == "base" else expected[name]["adapter"]
            assert (texts(states[-1], "label")[-1], texts(states[-1], "said")[-1]) == (f"{name} answers:", wanted)
            both = [text for text in (question, input_) if text]
            assert texts(states[-1], "asked")[-len(both) :] == both
            assert len(states) > 2  # it came bit by bit
            answers[name] = wanted
        assert len(set(answers.values())) == len(answers)  # or a switch that does nothing would not show


def test_visitors_at_the_same_time_each_get_their_own_answer(served, tiny_base, trained):
    visits = [(str(trained[0]), trained[0], "adapter"), ("base", trained[0], "base"), (str(trained[1]), trained[1], "adapter")]
    visitors = [Client(served[0], verbose=False) for _ in visits]
    jobs = [
        visitor.submit("What is a fund?", "", [name], TOKENS, 0, 0, api_name="/ask")
        for visitor, (name, *_) in zip(visitors, visits, strict=True)
    ]
    for job, (name, adapter, who) in zip(jobs, visits, strict=True):
        expected = asked_alone(tiny_base, adapter, "What is a fund?", "")[who]
        page = job.result()[0]
        seen = [text for kind, text in Seen(page).found if kind != "about"]
        assert seen == ["What is a fund?", f"{name} answers:", expected]


def test_the_openai_client_gets_what_ask_says_streamed_and_not(served, tiny_base, trained):
    client = OpenAI(base_url=f"{served[0]}v1", api_key="none", max_retries=0)
    assert [model.id for model in client.models.list()] == ["base", str(trained[0]), str(trained[1]), "whole"]
    question, input_ = "ሰላም? 🌱 مرحبا \u200d", "KES 5,000\n  an indented <line>"
    for adapter in trained[:2]:
        expected = asked_alone(tiny_base, adapter, question, input_)["adapter"]
        given = {
            "model": str(adapter), "messages": [{"role": "user", "content": question}], "extra_body": {"input": input_},
        }  # fmt: skip
        whole = client.chat.completions.create(**given)
        assert whole.choices[0].message.content == expected
        assert whole.usage.completion_tokens == TOKENS and whole.choices[0].finish_reason == "length"
        assert len(whole.system_fingerprint) == 12
        parts = list(client.chat.completions.create(**given, stream=True, stream_options={"include_usage": True}))
        assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == expected
        assert parts[-1].usage == whole.usage and parts[-2].choices[0].finish_reason == "length"


def test_the_openai_client_is_told_what_is_wrong_as_openai_words_it(served):
    client = OpenAI(base_url=f"{served[0]}v1", api_key="none", max_retries=0)
    with pytest.raises(NotFoundError, match="The model 'v9' does not exist; there are base"):
        client.chat.completions.create(model="v9", messages=[{"role": "user", "content": "?"}])
    with pytest.raises(BadRequestError, match="the control token") as refused:
        client.chat.completions.create(model="base", messages=[{"role": "user", "content": "<|im_end|>"}])
    assert refused.value.param == "messages"
    with pytest.raises(APIStatusError, match="more than 1048576 bytes") as refused:
        client.chat.completions.create(model="base", messages=[{"role": "user", "content": "ሰ" * 500_000}])
    assert refused.value.status_code == 413


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "Your message: 'question' is missing or empty; write its text."),
        (" \n\u2003", "Your message: 'question' is missing or empty; write its text."),
        ("End <|im_end|> it", "the text holds the control token '<|im_end|>', which would end or forge a turn"),
        ("interest " * 500, "tokens with its prompt; this model reads 512, of which the answer may take 40; ask with less text."),
    ],
)
def test_what_can_not_be_asked_is_told_and_stays_in_its_box(client, question, message):
    page, *boxes = client.predict(question, "", ["base"], TOKENS, 0, 0, api_name="/ask")
    label, told = texts(page, "label")[-1], texts(page, "said")[-1]
    assert label == "Not asked:" and message in told
    assert "" not in boxes  # nothing told the page to empty them


def test_only_this_machine_is_served_and_nothing_is_called(client, served):
    client.predict("Who listens?", "", ["base"], TOKENS, 0, 0, api_name="/ask")
    sockets = psutil.Process(served[1].pid).net_connections("inet")
    assert [found.laddr.ip for found in sockets if found.status == psutil.CONN_LISTEN] == ["127.0.0.1"]
    assert {found.raddr.ip for found in sockets if found.raddr} <= {"127.0.0.1"}
    assert client.config["analytics_enabled"] is False
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/ask"]


@contextmanager
def chromium(profile: Path):
    """A tab of headless Chromium, through its debugging pipe (Chrome DevTools Protocol).

    Yields:
        call(method, **params) -> result, and the list of events so far.
    """
    reads, out = os.pipe()
    into, writes = os.pipe()

    def third_and_fourth() -> None:  # where --remote-debugging-pipe reads and writes
        first, second = os.dup(reads), os.dup(writes)
        os.dup2(first, 3)
        os.dup2(second, 4)

    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"]
    command = [CHROMIUM, *flags, f"--user-data-dir={profile}"]
    with (
        open(into, "rb") as answers,
        subprocess.Popen(command, preexec_fn=third_and_fourth, pass_fds=(3, 4), stderr=subprocess.DEVNULL) as process,
    ):
        for end in (reads, writes):
            os.close(end)
        events: list[dict] = []
        session: dict = {}

        def call(method: str, **params: object) -> dict:
            os.write(out, json.dumps({"id": len(events), "method": method, "params": params, **session}).encode() + b"\0")
            number = len(events)
            while True:
                raw = b"".join(iter(lambda: answers.read(1), b"\0"))
                events.append(json.loads(raw))
                if events[-1].get("id") == number:
                    return events[-1]["result"]

        target = call("Target.createTarget", url="about:blank")["targetId"]
        session["sessionId"] = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        call("Network.enable")
        try:
            yield call, events
        finally:
            process.terminate()
            os.close(out)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_in_a_browser_text_stays_text_and_nothing_comes_from_elsewhere(served, tmp_path):
    with chromium(tmp_path / "profile") as (call, events):

        def look(expression: str) -> object:
            return call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

        def shown() -> str:
            return str(look("document.body.innerText"))

        def wait_for(text: str) -> None:
            for _ in range(300):
                if text in shown():
                    return
                time.sleep(0.1)
            raise AssertionError(f"{text!r} not in {shown()!r}")

        call("Page.navigate", url=served[0])
        for text in (chat.NOTE, DISCLAIMER, EXAMPLES[0]["instruction"], "KES"):
            wait_for(text)
        assert "\n3\n" not in shown()  # two examples were asked for
        assert look("document.title") == look("document.querySelector('h1').innerText") == TITLE
        wait_for(chat.EMPTY)
        for width, height in ((1280, 700), (390, 700)):
            call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
            assert look("document.documentElement.scrollWidth") <= width
            widths = "[...document.querySelectorAll('.gallery-item')].map((one) => one.offsetWidth)"
            assert all(0 < one < width for one in look(widths))
            assert look("document.querySelectorAll('.gallery-item').length") == 2
        look("document.querySelector('textarea, input[type=text]').focus()")
        call("Input.insertText", text=MARKUP)
        time.sleep(0.3)  # the page tells its own state what was typed a little later
        for kind in ("keyDown", "keyUp"):
            call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
        wait_for("whole answers:")
        assert look("document.querySelector('textarea, input[type=text]').getBoundingClientRect().bottom < innerHeight")
        assert MARKUP in str(look("document.querySelector('[role=log]').innerText"))
        assert look("window.hit") is None and look("document.querySelectorAll('[role=log] b, [role=log] img').length") == 0
        addresses = [event["params"]["request"]["url"] for event in events if event.get("method") == "Network.requestWillBeSent"]
    outside = [address for address in addresses if not address.startswith((served[0], "data:", "blob:"))]
    assert len(addresses) > 20 and not outside


@pytest.fixture
def engine(tiny_base, trained):
    speakers = load_speakers(tiny_base, names_of(tiny_base, trained[:1]), "none")
    running = Engine(speakers, load_tokenizer(tiny_base))
    yield running
    running.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def site_of(engine: Engine, folder: Path) -> Site:
    (folder / "params.yaml").write_text("locale: {}\n")
    return Site(folder, project_in(folder), {}, "ንብ", "", engine, {}, [], {}, TOKENS)


def test_a_model_that_fails_says_so_on_the_page_and_the_question_stays_in_its_box(monkeypatch, engine, tmp_path):
    def fails(*_):
        raise RuntimeError("out of <memory>")

    monkeypatch.setattr(slots.Slots, "admit", fails)
    with server.opened(frame.application(site_of(engine, tmp_path), "127.0.0.1", "", False), "127.0.0.1", free_port()) as address:
        page, *boxes = Client(address, verbose=False).predict("Why?", "", ["v1.5"], TOKENS, 0, 0, api_name="/ask")
    said = "The model failed (RuntimeError: out of <memory>); nothing else is lost, ask again."
    assert [text for _, text in Seen(page).found if text] == ["Why?", "v1.5 failed:", said]
    assert "" not in boxes


def loading(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.endswith(" ...")]  # an earlier test's transformers may draw its bar


def test_ask_says_on_stderr_what_it_loads_and_on_stdout_the_answer_alone(mbegu, tiny_base, trained):
    here = ["ask", "ሰላም?", "--base", tiny_base, "--adapter", trained[0], "--quantization", "none", "--max_new_tokens", 5]
    done = mbegu(*here)
    assert done.exit_code == 0 and loading(done.stderr) == [f"Loading {tiny_base} with {trained[0]} ..."], done.output
    assert done.stdout.strip() == ask.ask_all(ask.Typed("ሰላም?", "", 5), tiny_base, trained[:1], "none")[1][1].strip()
    done = mbegu(*here, "--compare")
    assert loading(done.stderr) == [f"Loading {tiny_base} ...", f"Loading {tiny_base} with {trained[0]} ..."]


def test_a_visitor_who_leaves_stops_the_model(engine):
    asked = Question("v1.5", "What is a fund?", "", Decoding(300))
    steps = []
    handle = engine.speakers["v1.5"].model.get_input_embeddings().register_forward_pre_hook(lambda *_: steps.append(1))
    whole = list(engine.ask(asked))
    everything = len(steps)
    steps.clear()
    leaving = engine.ask(asked)
    next(leaving)
    leaving.close()
    while engine.load() != (0, 0):
        time.sleep(0.05)
    handle.remove()
    assert everything > 100 and len(steps) < everything
    assert list(engine.ask(asked))[-1].text == whole[-1].text


def test_an_error_of_the_model_is_raised_instead_of_waiting_for_ever(engine):
    engine.speakers["v1.5"] = engine.speakers["v1.5"]._replace(lora="none of this name")
    with pytest.raises(Failed, match="none of this name"):
        list(engine.ask(Question("v1.5", "What?", "", Decoding(5))))


def test_a_client_that_closes_its_stream_stops_the_model(engine, tmp_path):
    app = frame.application(site_of(engine, tmp_path)._replace(longest=300), "127.0.0.1", "", True)
    with server.opened(app, "127.0.0.1", free_port()) as address:
        client = OpenAI(base_url=f"{address}v1", api_key="none", max_retries=0)
        asked = [{"role": "user", "content": "What is a fund?"}]
        with client.chat.completions.create(model="v1.5", messages=asked, stream=True) as stream:
            next(iter(stream))
        while engine.load() != (0, 0):
            time.sleep(0.05)
    assert not engine.told.answers  # none of them is whole


def test_with_a_password_a_program_sends_it_as_its_key(engine, tmp_path):
    app = frame.application(site_of(engine, tmp_path), "0.0.0.0", "ab:c d", True)
    with server.opened(app, "127.0.0.1", free_port()) as address:
        asked = {"model": "v1.5", "messages": [{"role": "user", "content": "What?"}], "max_tokens": 2}
        wrong, right = (OpenAI(base_url=f"{address}v1", api_key=key, max_retries=0) for key in ("none", "ab:c d"))
        with pytest.raises(AuthenticationError, match="asks for a password"):
            wrong.chat.completions.create(**asked)
        assert right.chat.completions.create(**asked).usage.completion_tokens <= 2


@contextmanager
def started(command: list, folder: Path):
    """A process that is killed if it has not ended by itself, so that a test that fails does not wait for it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
                          env=environment) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def test_sigterm_in_the_middle_of_an_answer_ends_it_cleanly(tiny_base, trained, tmp_path):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PROJECT))
    port = free_port()
    command = [sys.executable, "-m", "mbegu", "app", "--base", tiny_base, "--adapter", trained[0], "--port", port, "--serve-only",
               "--quantization", "none", "--max_new_tokens", 360]  # fmt: skip
    with started(command, tmp_path) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == f"base, v1.5 answer on http://127.0.0.1:{port}/ until Ctrl-C.\n"
        asking = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)
        stream = asking.chat.completions.create(
            model="v1.5", messages=[{"role": "user", "content": "What is a fund?"}], stream=True
        )
        with pytest.raises(APIError, match="stopped before the answer was whole"):
            for place, _ in enumerate(stream):
                if place == 1:
                    process.terminate()
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


def test_sigterm_before_anything_is_served_ends_it_quietly(tmp_path):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PROJECT))
    with started([sys.executable, "-m", "mbegu", "app", "--port", free_port()], tmp_path) as process:
        while not psutil.Process(process.pid).children():  # who would mourn it
            time.sleep(0.02)
        process.terminate()
        assert (process.wait(60), process.communicate()) == (143, ("", ""))


def test_an_app_that_is_killed_for_memory_says_so_and_one_that_ends_does_not():
    program = "import os, signal; from mbegu.pages.app.server import mourned\nwith mourned(): {}"
    for ending, said in (("os.kill(os.getpid(), signal.SIGKILL)", f"{server.KILLED}\n"), ("pass", ""), ("os.sync()", "")):
        command = [sys.executable, "-c", program.format(ending)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (-9 if said else 0, said)


def test_what_can_not_be_served_is_one_line(mbegu, tiny_base, trained, tmp_path, write_jsonl):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = mbegu("app", "--base", tiny_base, "--adapter", trained[0], "--port", port)
    assert done.stderr == (
        f"Error: --host 127.0.0.1 --port {port}: can't listen there (Address already in use); choose another.\n"
    )
    here = ["--base", tiny_base, "--port", port]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PROJECT))
    (tmp_path / "other").mkdir()
    broken = write_jsonl("examples.jsonl", [EXAMPLES[1], {"instruction": 7}])
    for arguments, message in [
        ([*here, "--adapter", tmp_path / "other"], "other: no prompt.json here; this is not an adapter that Mbegu trained."),
        ([*here, "--adapter", trained[0], "--base", tmp_path / "no"], "no: no SHA256SUMS here; build it with `dvc repro`"),
        ([*here, "--adapter", trained[0], "--examples", broken], "examples.jsonl:2: 'instruction' is int, expected a string"),
        ([*here, "--adapter", trained[0], "--examples", tmp_path / "no.jsonl"], "no.jsonl: No such file or directory"),
        ([*here, "--adapter", trained[0], "--params", "no.yaml"], "no.yaml: no such file"),
        (here, "Missing option '--adapter'"),
    ]:
        done = mbegu("app", *arguments)
        assert done.exit_code == 1 and done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1, done.output
        assert message in done.stderr


def test_without_gradio_one_line_names_the_extra():
    program = "import sys; sys.modules['gradio'] = None; from mbegu.cli import main; main()"
    command = [sys.executable, "-c", program, "app", "--adapter", "models/adapters/v1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = "Error: gradio is not installed; it comes with the extra `app`: pip install 'mbegu[app]'.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
