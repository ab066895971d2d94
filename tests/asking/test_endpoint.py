"""The OpenAI client against servers that misbehave, each on a real socket."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mbegu.asking.decoding import Decoding
from mbegu.asking.endpoint import KEY, openai_compatible
from mbegu.asking.memo import open_memo
from mbegu.asking.settings import Endpoint
from mbegu.asking.teachers import request, seed_of
from mbegu.errors import BadInput


def completion(text, reason="stop"):
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append({**body, "authorization": self.headers["Authorization"]})
        answer = self.server.behaviour(body, len(self.server.seen))
        if answer is None:  # half an answer, then nothing
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "500")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
            self.close_connection = True
            return
        status, content, kind = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def reply(value, status=200, kind="application/json"):
    return status, value if isinstance(value, bytes) else json.dumps(value).encode(), kind


@pytest.fixture
def serve(monkeypatch):
    """Starts a server with a behaviour, returns an endpoint to it and the requests that it saw."""
    monkeypatch.setenv(KEY, "secret-key")
    servers = []

    def start(behaviour, **settings):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.behaviour, server.seen = behaviour, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        values = {"concurrency": 2, "retries": 0, "timeout": 5.0, "prompt_price": 0.0, "completion_price": 0.0, **settings}
        return Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "m", **values), server.seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(endpoint, memo, prompts=("ሰላም?",), decoding=Decoding(8, 0.5)):  # noqa: B008
    with open_memo(memo) as known:
        teacher = openai_compatible(endpoint, known)
        return teacher.ask([request(teacher, prompt, True, decoding) for prompt in prompts])


def test_a_request_carries_the_settings_and_the_seed_and_the_answer_comes_back(serve, tmp_path):
    endpoint, seen = serve(lambda body, _: reply(completion(" ጤና ይስጥልኝ። ")))
    answers, _ = ask(endpoint, tmp_path)
    assert answers == [{"text": "ጤና ይስጥልኝ።", "tokens": 3, "finish_reason": "stop"}]
    (body,) = seen
    assert body["messages"] == [{"role": "user", "content": "ሰላም?"}]
    assert (body["max_tokens"], body["temperature"], body["top_p"], body["model"]) == (8, 0.5, 1.0, "m")
    teacher = openai_compatible(endpoint, None)
    assert body["seed"] == seed_of(request(teacher, "ሰላም?", True, Decoding(8, 0.5)))
    assert body["authorization"] == "Bearer secret-key"
    assert "repetition_penalty" not in body
    assert ask(endpoint, tmp_path) == (answers, 0)


def test_the_key_is_in_no_file(serve, tmp_path):
    endpoint, _ = serve(lambda body, _: reply(completion("Yes.")))
    ask(endpoint, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"secret-key" in path.read_bytes()]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(serve, tmp_path, status):
    endpoint, seen = serve(
        lambda body, count: reply({"error": {"message": "busy"}}, status) if count < 3 else reply(completion("Yes.")), retries=3
    )
    assert ask(endpoint, tmp_path)[0][0]["text"] == "Yes."
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (lambda *_: reply({"error": {"message": "no such\nmodel"}}, 404), "HTTP 404: "),
        (lambda *_: reply(b"<html><body>Sign in</body></html>", 200, "text/html"), "no chat completion"),
        (lambda *_: reply(b'{"choices": ["'), "not JSON"),
        (lambda *_: reply(b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'), "not JSON"),
        (lambda *_: reply({"choices": []}), "no chat completion"),
        (lambda *_: reply(completion("x" * 10_000_000)), "10,000,000 characters to a request for 8 tokens"),
        (lambda *_: None, "the connection failed"),
    ],
    ids=["404", "html", "broken json", "invalid utf-8", "no choices", "10 MB", "half an answer"],
)
def test_an_answer_that_is_none_is_one_clear_line(serve, tmp_path, behaviour, message):
    endpoint, _ = serve(behaviour)
    with pytest.raises(BadInput) as error:
        ask(endpoint, tmp_path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert "answers so far are in the memo" in str(error.value)


def test_an_empty_answer_is_an_answer(serve, tmp_path):
    endpoint, _ = serve(lambda *_: reply(completion("")))
    assert ask(endpoint, tmp_path)[0][0]["text"] == ""


def test_a_refused_connection_and_a_timeout_are_one_clear_line(serve, tmp_path):
    def slow(body, _):
        time.sleep(1)
        return reply(completion("late"))

    endpoint, _ = serve(slow, timeout=0.2)
    with pytest.raises(BadInput, match=r"no answer within 0.2 s, 1 times"):
        ask(endpoint, tmp_path)
    with pytest.raises(BadInput, match="the connection failed"):
        ask(endpoint._replace(base_url="http://127.0.0.1:9/v1"), tmp_path)


def test_what_was_answered_before_a_failure_is_kept_and_only_the_rest_is_asked_again(serve, tmp_path):
    prompts = [f"Question {n}?" for n in range(6)]
    endpoint, _ = serve(
        lambda body, count: reply(completion("Yes.")) if count <= 3 else reply({"error": "down"}, 400), concurrency=1
    )
    with pytest.raises(BadInput, match="HTTP 400"):
        ask(endpoint, tmp_path, prompts)
    again, seen = serve(lambda body, _: reply(completion("Yes.")))
    with open_memo(tmp_path) as known:
        teacher = openai_compatible(endpoint, known)
        revived = openai_compatible(again, known)._replace(identity=teacher.identity)
        _, asked = revived.ask([request(teacher, prompt, True, Decoding(8, 0.5)) for prompt in prompts])
    assert asked == len(seen) == 3


def test_without_a_key_only_what_is_not_memoized_fails(serve, tmp_path, monkeypatch):
    endpoint, _ = serve(lambda *_: reply(completion("Yes.")))
    ask(endpoint, tmp_path)
    monkeypatch.delenv(KEY)
    assert ask(endpoint, tmp_path)[1] == 0
    with pytest.raises(BadInput, match=KEY):
        ask(endpoint, tmp_path, ["Another?"])


def test_a_tally_of_tokens_and_cost_is_printed(serve, tmp_path, capsys):
    endpoint, _ = serve(lambda *_: reply(completion("Yes.")), prompt_price=1000.0, completion_price=2000.0)
    ask(endpoint, tmp_path, ["a", "b"])
    assert "m: 14 prompt tokens, 6 generated, cost 0.0260" in capsys.readouterr().out
