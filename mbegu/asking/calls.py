"""One HTTP call to an OpenAI-compatible endpoint, by aiohttp on one thread.

OpenAI's client takes ten times the processor time for the same bytes, which bounds how many requests a second there can be
(`benchmarks/endpoints.py`); and its retries know nothing of other endpoints.
"""

import email.utils
import json
import ssl
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi

from mbegu.asking import fields
from mbegu.asking.completions import AGAIN, LATE, STOP, Heard, Trouble, read, refused
from mbegu.asking.memo import Request
from mbegu.asking.served import ANY_MODEL, listed, same_model
from mbegu.asking.settings import Endpoint
from mbegu.models.turns import messages

LISTING = 10.0  # seconds at most for the list of models
NAMED = 5  # models of a list that are told


class Line(NamedTuple):
    """What all calls share."""

    session: aiohttp.ClientSession  # which keeps connections for the next calls
    fresh: aiohttp.ClientSession  # each of whose calls has a connection of its own
    endpoint: Endpoint
    secrets: tuple[str, ...]  # which some servers say again
    proxies: Mapping[str, str | None]  # by address


def opened(endpoint: Endpoint, key: str, headers: Mapping[str, str]) -> Line:
    """A line to be closed by `closed`; made in the loop that uses it.

    Args:
        key: sent as a bearer's token; nothing for none.
    """
    own = {"User-Agent": "mbegu", "Content-Type": "application/json", "Accept": "application/json"}
    signed = {"Authorization": f"Bearer {key}"} if key else {}
    # as many connections as there are requests in flight, which `servers` bounds
    session, fresh = (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=_trusted(), force_close=alone), headers={**own, **signed, **headers}
        )
        for alone in (False, True)
    )
    secrets = tuple(secret for secret in (key, *headers.values()) if len(secret) > 3)
    return Line(session, fresh, endpoint, secrets, {url: _proxy(url) for url in fields.addresses(endpoint)})


async def closed(line: Line) -> None:
    """Closes its connections."""
    await line.session.close()
    await line.fresh.close()


def _trusted() -> ssl.SSLContext:
    """Authorities of the system, or of SSL_CERT_FILE, and those of certifi for a system that has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def complete(line: Line, url: str, request: Request) -> Heard | Trouble:
    """One try of one request."""
    endpoint = line.endpoint
    sent = fields.body(endpoint, request)
    turns = messages(request["prompt"], request.get("system"))
    body = json.dumps({"model": endpoint.model, "messages": turns, **sent}, ensure_ascii=False)
    found = await _sent(line, url, "chat/completions", endpoint.timeout, body.encode(errors="replace"))
    if isinstance(found, Trouble):
        return found
    status, said, wait = found
    if status >= 400:
        return _safe(line, refused(status, said.decode("utf-8", errors="replace"), tuple(sent))._replace(wait=wait))
    try:
        text = said.decode("utf-8")
    except UnicodeDecodeError as error:
        return Trouble(AGAIN, f"an answer that is not JSON ({str(error)[:100]})")
    limit = None if fields.LIMIT in endpoint.omit else request["decoding"]["max_new_tokens"]
    heard = read(text, limit, endpoint.model if endpoint.check_model else "")
    return _safe(line, heard) if isinstance(heard, Trouble) else heard


async def lacking(line: Line, url: str) -> Trouble | None:
    """What is wrong with an endpoint's list of models, if it has one and the model that is asked for is not on it."""
    model = line.endpoint.model
    found = await _sent(line, url, "models", min(LISTING, line.endpoint.timeout))
    names = [] if isinstance(found, Trouble) or found[0] != 200 else listed(found[1].decode("utf-8", errors="replace"))
    if not names or any(same_model(model, name) for name in names):
        return None
    more = f" and {len(names) - NAMED} others" if len(names) > NAMED else ""
    told = ", ".join(repr(name[:100]) for name in names[:NAMED])
    return _safe(line, Trouble(STOP, f"a list of models without {model!r} ({told}{more}); {ANY_MODEL}"))


async def _sent(line: Line, url: str, what: str, timeout: float, body: bytes | None = None) -> tuple[int, bytes, float] | Trouble:
    """Status, body, and the seconds of Retry-After; with a body it is posted.

    That the server has closed a connection which lay idle shows only when it is used; then a new one is taken, at once.
    """
    given = "POST" if body else "GET", f"{url}/{what}"
    how: dict[str, Any] = {"data": body, "timeout": aiohttp.ClientTimeout(total=timeout), "proxy": line.proxies[url]}
    try:
        try:
            return await _heard(line.session, *given, how)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            if isinstance(error, aiohttp.ClientConnectorError):  # nobody listens
                raise
            return await _heard(line.fresh, *given, how)
    except TimeoutError:
        return Trouble(LATE, f"no answer within {timeout:g} s")
    except (aiohttp.ClientError, OSError, ValueError) as error:  # the last of a header or an address that is none
        return _safe(line, Trouble(AGAIN, f"the connection failed ({' '.join(str(error).split()) or type(error).__name__})"))


async def _heard(session: aiohttp.ClientSession, method: str, url: str, how: dict[str, Any]) -> tuple[int, bytes, float]:
    async with session.request(method, url, **how) as reply:
        return reply.status, await reply.read(), _seconds(reply.headers.get("Retry-After", ""))


def _proxy(url: str) -> str | None:
    """As HTTP_PROXY, HTTPS_PROXY and NO_PROXY say; not aiohttp's own way, which also sends what ~/.netrc holds."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


def _seconds(told: str) -> float:
    """Of a Retry-After, which is a number or a date."""
    try:
        return max(0.0, float(told))
    except ValueError:
        date = email.utils.parsedate_tz(told)
        return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else 0.0


def _safe(line: Line, found: Trouble) -> Trouble:
    said = found.said
    for secret in line.secrets:
        said = said.replace(secret, "***")
    return found._replace(said=said)
