"""A server of chat completions that behaves as it is told, on a real socket."""

import json
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mbegu.asking.endpoint import KEY
from mbegu.asking.settings import Endpoint


def completion(text, reason="stop"):
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}
    return {"id": "x", "object": "chat.completion", "created": 0, "choices": [choice], "usage": usage}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        listed = getattr(self.server, "models", None)
        status, content = (
            (404, b"{}") if listed is None else (200, json.dumps({"data": [{"id": name} for name in listed]}).encode())
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append({**body, "authorization": self.headers["Authorization"], "headers": dict(self.headers)})
        answer = self.server.behaviour(body, len(self.server.seen))
        if answer is None:  # half an answer, then nothing
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "500")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
            self.close_connection = True
            return
        status, content, kind, *headers = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def reply(value, status=200, kind="application/json"):
    return status, value if isinstance(value, bytes) else json.dumps(value).encode(), kind


@contextmanager
def serving(behaviour, models=None, handler=Handler):
    """The address of a server with a behaviour, and the requests that it sees."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.behaviour, server.seen, server.models = behaviour, [], models
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", server.seen
    server.shutdown()
    server.server_close()


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
