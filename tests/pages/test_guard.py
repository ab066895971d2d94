"""The door of the app: who is let in, with how much, and what a page may load."""

import asyncio
import base64
import hashlib
import json

import pytest

from mbegu.pages.app.guard import LOOPBACK, Rules, guarded

PAGE = b"<html><script>let a = '\xe1\x88\xb0';</script><script src='/x.js'></script><p><script>ours()</script></html>"


async def echo(scope, receive, send):
    """Reads a whole body and answers with its size, or with a page."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    page = scope["path"] == "/"
    kind = b"text/html; charset=utf-8" if page else b"text/plain"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    for part in (PAGE[:30], PAGE[30:]) if page else (str(size).encode(), b""):
        await send({"type": "http.response.body", "body": part, "more_body": part in (PAGE[:30], str(size).encode())})


def ask(rules: Rules, method: str = "GET", path: str = "/x", body: tuple[bytes, ...] = (b"",), **headers: str):
    """(status, headers, body) of a request; `_` in a header's name is `-`."""
    given = {"host": "127.0.0.1:7860"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {"type": "http", "method": method, "path": path, "headers": [(k.encode(), v.encode()) for k, v in given.items()]}
    parts, sent = list(body), []

    async def receive():
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message):
        sent.append(message)

    asyncio.run(guarded(echo, rules)(scope, receive, send))
    start = sent[0]
    return start["status"], dict(start["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


def key(password: str, user: str = "ንጉሥ") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "localhost", "[::1]:7860"])
def test_this_machine_is_answered_by_its_names(host):
    assert ask(Rules(), host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:7860", "", "[", "localhost@evil.example"])
def test_another_name_of_this_address_is_not_answered(host):
    """A page of evil.example that has its name lead to this machine is of the same origin as what it reads."""
    assert ask(Rules(), host=host)[0] == 421
    assert ask(Rules(hosts=None), host=host)[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a program
        ({"origin": "http://127.0.0.1:7860", "sec_fetch_site": "same-origin"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:8000"}, 403),  # another program of this machine
        ({"origin": "null"}, 403),  # a sandboxed frame
        ({"origin": "http://["}, 403),
        ({"origin": "http://[::1]:7860"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
    ],
)
def test_only_a_page_of_ours_may_write(headers, status):
    assert ask(Rules(), "POST", **headers)[0] == status
    assert ask(Rules(), "DELETE", **headers)[0] == status
    assert ask(Rules(), "GET", **headers)[0] == 200


def test_a_page_whose_name_a_proxy_hides_may_write_if_that_name_is_known():
    rules = Rules(hosts=None, origins=frozenset({"https://me-nyuki.hf.space"}))
    for origin, status in (("https://me-nyuki.hf.space", 200), ("https://evil.hf.space", 403), ("http://me-nyuki.hf.space", 403)):
        assert ask(rules, "POST", host="10.0.0.7:7860", origin=origin)[0] == status


def test_no_page_of_another_program_may_read():
    async def generous(scope, receive, send):
        headers = [(b"Access-Control-Allow-Origin", b"http://localhost:3000"), (b"access-control-allow-credentials", b"true")]
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, (b"x-kept", b"1")]})
        await send({"type": "http.response.body", "body": b""})

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/config", "headers": [(b"host", b"localhost")]}
    asyncio.run(guarded(generous, Rules())(scope, None, send))
    names = [name for name, _ in sent[0]["headers"]]
    assert b"x-kept" in names and not [name for name in names if name.lower().startswith(b"access-control-")]


def test_a_password_is_asked_for_and_known_in_both_forms():
    rules = Rules(hosts=None, password="ሚስጥር: 1")
    status, headers, body = ask(rules)
    assert status == 401 and headers[b"www-authenticate"].startswith(b"Basic") and b"password" in body
    for given in ("", "Basic", "Basic ????", "Basic " + base64.b64encode(b"\xff").decode(), key(""), key("ሚስጥር"), "Bearer x"):
        assert ask(rules, authorization=given)[0] == 401
    assert ask(rules, authorization=key("ሚስጥር: 1"))[0] == 200
    assert ask(Rules(hosts=None, password="abc"), authorization="Bearer abc")[0] == 200
    assert ask(rules, authorization="Bearer ሚስጥር: 1")[0] == 200  # as the bytes of UTF-8
    assert ask(rules, authorization="Bearer ሚስጥር")[0] == 401
    assert ask(rules, path="/health")[0] == 200
    assert json.loads(ask(rules, path="/v1/models")[2])["error"]["type"] == "authentication_error"


def test_a_body_that_is_too_long_is_refused_whether_it_says_so_or_not():
    rules = Rules(body=10)
    assert ask(rules, "POST", body=(b"12345", b"67890"))[2] == b"10"
    assert ask(rules, "POST", content_length="11")[0] == 413
    assert ask(rules, "POST", content_length="-1")[0] == ask(rules, "POST", content_length="x")[0] == 413
    status, _, said = ask(rules, "POST", "/v1/chat/completions", (b"12345", b"67890", b"1"))
    assert status == 413
    assert json.loads(said)["error"] == {
        "message": "The request has more than 10 bytes; send less.", "type": "invalid_request_error", "param": None, "code": None,
    }  # fmt: skip


def test_a_page_runs_its_own_scripts_and_no_others():
    status, headers, body = ask(Rules(), path="/")
    assert (status, body) == (200, PAGE)
    policy = headers[b"content-security-policy"].decode()
    for script in ("let a = 'ሰ';".encode(), b"ours()"):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts.count("sha256-") == 2 and "unsafe-inline" not in scripts and "http" not in policy
    assert "frame-ancestors 'none'" in policy and "default-src 'self'" in policy
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"content-security-policy" in ask(Rules())[1]


def test_a_socket_of_another_site_is_closed():
    async def connect(origin: str) -> list:
        sent = []

        async def accept(scope, receive, send):
            await send({"type": "websocket.accept"})

        async def send(message):
            sent.append(message)

        headers = [(b"host", b"localhost:7860"), (b"origin", origin.encode())]
        await guarded(accept, Rules(LOOPBACK))({"type": "websocket", "path": "/", "headers": headers}, None, send)
        return sent

    assert asyncio.run(connect("http://evil.example")) == [{"type": "websocket.close", "code": 1008}]
    assert asyncio.run(connect("http://localhost:7860")) == [{"type": "websocket.accept"}]
