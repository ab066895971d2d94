"""The chat page, served for real: whose answers it gives, whom it lets in, and what text can do there."""

import functools
import html
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import torch
import yaml
from gradio_client import Client
from root import ROOT

from mbegu.models.loading import load_tokenizer
from mbegu.models.manifest import verify
from mbegu.pages.app import ask, chat, server
from mbegu.training import checkpoints, trainer
from mbegu.training.settings import Lora

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


def save_adapter(base: Path, folder: Path, method: str, template: str, chat: bool, seed: int) -> Path:
    """A model as the train stage leaves it, its weights moved so far that it answers unlike the base."""
    model = trainer.build(base, method, Lora(4, 64, 0.0, ["q_proj", "down_proj"]), seed)
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_B" in name or method == "full":
            weight.data += torch.randn_like(weight) / 10
    folder.mkdir(parents=True)
    text = (ROOT / f"templates/{template}.jinja").read_text()
    checkpoints.save(model, {"template": text, "chat": chat, "base": verify(base)}, folder)
    return folder


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


def texts(message: dict) -> list[str]:
    return [html.unescape(part["text"]) for part in message["content"]]


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
            job = client.submit(name, question, input_, api_name="/ask")
            states = [chat for chat, *_ in job]
            user, assistant = states[-1][-2:]
            wanted = alone[0]["base"] if name == "base" else expected[name]["adapter"]
            assert texts(assistant) == [f"{name} answers:", wanted]
            assert texts(user) == [text for text in (question, input_) if text]
            assert len(states) > 2  # it came bit by bit
            answers[name] = wanted
        assert len(set(answers.values())) == len(answers)  # or a switch that does nothing would not show


def test_visitors_at_the_same_time_each_get_their_own_answer(served, tiny_base, trained):
    visits = [(str(trained[0]), trained[0], "adapter"), ("base", trained[0], "base"), (str(trained[1]), trained[1], "adapter")]
    visitors = [Client(served[0], verbose=False) for _ in visits]
    jobs = [
        visitor.submit(name, "What is a fund?", "", api_name="/ask") for visitor, (name, *_) in zip(visitors, visits, strict=True)
    ]
    for job, (name, adapter, who) in zip(jobs, visits, strict=True):
        expected = asked_alone(tiny_base, adapter, "What is a fund?", "")[who]
        chat = job.result()[0]
        assert [texts(message) for message in chat] == [["What is a fund?"], [f"{name} answers:", expected]]


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
    chat, *boxes = client.predict("base", question, "", api_name="/ask")
    label, told = texts(chat[-1])
    assert label == "Not asked:" and message in told
    assert "" not in boxes  # nothing told the page to empty them


def test_only_this_machine_is_served_and_nothing_is_called(client, served):
    client.predict("base", "Who listens?", "", api_name="/ask")
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


def test_a_model_that_fails_says_so_in_the_chat_and_the_question_stays_in_its_box(monkeypatch, tiny_base):
    def fails(*_):
        yield "Half an"
        raise RuntimeError("out of <memory>")

    monkeypatch.setattr(chat, "answer", fails)
    page = chat.page({"v1": None}, None, chat.Answering(5, None), [], "", "ንብ")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        said, *_ = Client(server.launch(page, chat.STYLE, "127.0.0.1", port), verbose=False).predict(
            "v1", "Why?", "", api_name="/ask"
        )
    finally:
        page.close()
    assert [texts(message) for message in said] == [["Why?"], ["v1 failed:", "RuntimeError: out of <memory>"]]


def loading(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.endswith(" ...")]  # an earlier test's transformers may draw its bar


def test_ask_says_on_stderr_what_it_loads_and_on_stdout_the_answer_alone(mbegu, tiny_base, trained):
    here = ["ask", "ሰላም?", "--base", tiny_base, "--adapter", trained[0], "--quantization", "none", "--max_new_tokens", 5]
    done = mbegu(*here)
    assert done.exit_code == 0 and loading(done.stderr) == [f"Loading {tiny_base} with {trained[0]} ..."], done.output
    assert done.stdout.strip() == ask.ask_all(ask.Typed("ሰላም?", "", 5), tiny_base, trained[:1], "none")[1][1].strip()
    done = mbegu(*here, "--compare")
    assert loading(done.stderr) == [f"Loading {tiny_base} ...", f"Loading {tiny_base} with {trained[0]} ..."]


def test_a_visitor_who_leaves_stops_the_model(tiny_base, trained):
    speaker = chat.load_speakers(tiny_base, trained[:1], "none")["v1.5"]
    tokenizer = load_tokenizer(tiny_base)
    steps = []
    handle = speaker.model.get_input_embeddings().register_forward_pre_hook(lambda *_: steps.append(1))
    with ThreadPoolExecutor(1) as worker:
        whole = list(chat.answer(speaker, tokenizer, "What is a fund?", "", 300, worker))
        everything = len(steps)
        steps.clear()
        leaving = chat.answer(speaker, tokenizer, "What is a fund?", "", 300, worker)
        next(leaving)
        leaving.close()
        worker.submit(handle.remove).result()  # waits for the abandoned answer
        assert everything > 100 and len(steps) < everything
        assert list(chat.answer(speaker, tokenizer, "What is a fund?", "", 300, worker))[-1] == whole[-1]


def test_an_error_of_the_model_is_raised_instead_of_waiting_for_ever(tiny_base, trained):
    speaker = chat.load_speakers(tiny_base, trained[:1], "none")["v1.5"]._replace(lora="none of this name")
    with ThreadPoolExecutor(1) as worker, pytest.raises(ValueError, match="none of this name"):
        list(chat.answer(speaker, load_tokenizer(tiny_base), "What?", "", 5, worker))


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
