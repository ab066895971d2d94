"""The door of the app: who comes in, from where, with how much, and what a page may load.

A page of another site that is open in the same browser can send forms and requests to this address, and can give this address a
name of its own (DNS rebinding). So whatever writes must come from a page of ours, and on a loopback address without a password
only the names of this machine are answered. Anyone else's machine needs the password, by HTTP Basic from a browser and as Bearer
from a program.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
READS = {"GET", "HEAD", "OPTIONS"}
OPEN = {"/health"}  # answered without a password: whoever starts a container asks it
BODY = 2**20  # bytes
# gradio compiles its own templates in the page, hence unsafe-eval; a script or handler in a text stays text with or without it
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors {frames}"
)
SCRIPT = re.compile(rb"<script\b(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Rules(NamedTuple):
    """Who is let in, and what may be sent."""

    hosts: frozenset[str] | None = LOOPBACK  # names of this server that are answered; None for any
    password: str = ""  # "" for none
    body: int = BODY  # bytes of a request, at most
    frames: str = "'none'"  # sites that may show a page in theirs
    origins: frozenset[str] = frozenset()  # of our pages where a proxy hides their name, such as "https://a.example"


class Refused(NamedTuple):
    """Why a request is not answered."""

    status: int
    text: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


def guarded(app: App, rules: Rules) -> App:
    """The ASGI application behind the door."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        elif (why := refusal(scope, rules)) is not None:
            await _refuse(scope, send, why)
        elif scope["type"] == "websocket":
            await app(scope, receive, send)
        else:
            await _pass(app, scope, receive, _with_headers(send, rules), rules.body)

    return answer


def refusal(scope: Message, rules: Rules) -> Refused | None:
    """Why a request is not let in, by its headers; None if it is."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "")
    if rules.hosts is not None and _name(f"//{host}") not in rules.hosts:
        return Refused(421, f"This server answers as {' or '.join(sorted(rules.hosts))}, not as {host or 'nobody'}.")
    if rules.password and scope["path"] not in OPEN and not _knows(headers.get("authorization", ""), rules.password):
        asks = (b"www-authenticate", b'Basic realm="mbegu", charset="UTF-8"')
        return Refused(401, "This server asks for a password: any user name with it, or a program's key.", (asks,))
    if scope["type"] == "websocket" or scope["method"] not in READS:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        ours = origin is None or origin in rules.origins or _netloc(origin) == host
        if not ours or site not in ("same-origin", "none"):
            return Refused(403, "A page of another site may not write here.")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > rules.body:
        return Refused(413, f"The request has more than {rules.body} bytes; send less.")
    return None


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _knows(authorization: str, password: str) -> bool:
    """Args: authorization: as Latin-1, of which both forms are the bytes of UTF-8."""
    kind, _, encoded = authorization.partition(" ")
    given = encoded.encode("latin-1")
    if kind.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).partition(b":")[2]
        except ValueError:
            return False
    elif kind.lower() != "bearer":
        return False
    return hmac.compare_digest(given, password.encode())


async def _refuse(scope: Message, send: Send, why: Refused) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"error": error(why.text, why.status)}).encode() if scope["path"].startswith("/v1") else why.text.encode()
    kind = b"application/json" if scope["path"].startswith("/v1") else b"text/plain; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close"), *why.headers]
    await send({"type": "http.response.start", "status": why.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def error(text: str, status: int, code: str | None = None, param: str | None = None) -> dict[str, str | None]:
    """An error as OpenAI's API words it."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"message": text, "type": kind, "param": param, "code": code}


class _TooMuch(Exception):
    pass


async def _pass(app: App, scope: Message, receive: Receive, send: Send, most: int) -> None:
    """Hands a request on, and breaks it off where its body grows beyond what it may have."""
    read, begun = 0, False

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise _TooMuch
        return message

    async def noticed(message: Message) -> None:
        nonlocal begun
        begun = True
        await send(message)

    try:
        await app(scope, counted, noticed)
    except _TooMuch:
        if not begun:
            await _refuse(scope, send, Refused(413, f"The request has more than {most} bytes; send less."))


def _with_headers(send: Send, rules: Rules) -> Send:
    """Adds what a browser is told; a page is held back until it is whole, as its own scripts are named by their hashes."""
    start: Message = {}
    body = bytearray()

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            # gradio lets pages of other programs of this machine read; none needs to
            message["headers"] = [one for one in message["headers"] if not one[0].lower().startswith(b"access-control-")]
            if _is_page(message):
                start.update(message)
                return
            message["headers"] = [*message["headers"], *_headers(b"", rules)]
        elif start:
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            start["headers"] = [*start["headers"], *_headers(bytes(body), rules)]
            await send({**start})
            start.clear()
            message = {"type": "http.response.body", "body": bytes(body)}
        await send(message)

    return told


def _is_page(message: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in message["headers"])


def _headers(page: bytes, rules: Rules) -> list[tuple[bytes, bytes]]:
    digests = [base64.b64encode(hashlib.sha256(found).digest()).decode() for found in SCRIPT.findall(page)]
    policy = POLICY.format(scripts="".join(f" 'sha256-{digest}'" for digest in digests), frames=rules.frames)
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
    ]
