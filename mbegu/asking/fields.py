"""The fields of a request to an endpoint, and its headers: ours, less what a server refuses, under its names, with its own."""

import os
from typing import Any

import regex

from mbegu.asking.memo import Request
from mbegu.asking.settings import Endpoint
from mbegu.asking.teachers import seed_of
from mbegu.errors import BadInput
from mbegu.text.named import meant, named

OURS = ("max_tokens", "temperature", "top_p", "seed", "response_format", "repetition_penalty")
LIMIT = "max_tokens"
SECRET = regex.compile(r"auth|key|token(?!iz)|secret|cookie|password|credential", regex.IGNORECASE)
VARIABLE = "env:"
ADDRESS = regex.compile(r"https?://[^\s/]+(?:/\S*)?$", regex.IGNORECASE)


def check(endpoint: Endpoint, section: str) -> None:
    """Raises BadInput unless every address is one, every field that is left out or renamed is sent, and every pair is one.

    Args:
        section: of params.yaml, which errors name.
    """
    for url in addresses(endpoint):
        if not ADDRESS.match(url):
            raise BadInput(f"{section}.base_urls: {url!r} is no address; write one such as http://127.0.0.1:8000/v1.")
    for key, said in (("omit", endpoint.omit), ("rename", [name for name, _ in pairs(endpoint, "rename", section)])):
        for name in said:
            if name not in OURS:
                raise BadInput(f"{section}.{key}: no field {name!r} is sent; there are {', '.join(OURS)}.")
    pairs(endpoint, "extra", section)
    for name, value in pairs(endpoint, "headers", section):
        if SECRET.search(name) and not value.startswith(VARIABLE):
            raise BadInput(
                f"{section}.headers: {name} looks like a secret, which stands in no file; write {name}={VARIABLE}VARIABLE, "
                "and export that variable."
            )


def addresses(endpoint: Endpoint) -> list[str]:
    """Of all endpoints, each once."""
    return list(dict.fromkeys(url.strip().rstrip("/") for url in (endpoint.base_url, *endpoint.base_urls)))


def pairs(endpoint: Endpoint, key: str, section: str = "") -> list[tuple[str, str]]:
    """The NAME=VALUE entries of a list of the section.

    Raises:
        BadInput: an entry without a name or an equals sign.
    """
    found = []
    for entry in getattr(endpoint, key):
        pair = named(entry)
        if pair is None:
            raise BadInput(f"{section}.{key}: {entry!r} is no NAME=VALUE; write one, such as {EXAMPLES[key]}.")
        found.append(pair)
    return found


EXAMPLES = {
    "rename": "max_tokens=max_completion_tokens",
    "extra": "reasoning_effort=low",
    "headers": "X-Project=mbegu",
}


def identity(endpoint: Endpoint) -> dict[str, str]:
    """What answers depend on beside the address and the model; empty where the request is ours alone. No header is part of it."""
    return {key: ", ".join(sorted(getattr(endpoint, key))) for key in ("omit", "extra") if getattr(endpoint, key)}


def body(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """The fields beside the model's name and the messages."""
    decoding = request["decoding"]
    ours = {
        LIMIT: decoding["max_new_tokens"],
        "temperature": decoding["temperature"],
        "top_p": decoding["top_p"],
        "seed": seed_of(request),
        "response_format": _response_format(request),
        "repetition_penalty": None if decoding["repetition_penalty"] == 1 else decoding["repetition_penalty"],
    }
    names = dict(pairs(endpoint, "rename"))
    sent = {names.get(name, name): value for name, value in ours.items() if value is not None and name not in endpoint.omit}
    return {**sent, **{name: meant(value) for name, value in pairs(endpoint, "extra")}}


def _response_format(request: Request) -> Any:
    """OpenAI's structured outputs: the schema of the request, if it has one."""
    if "shape" not in request:
        return None
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": request["shape"]["schema"], "strict": True}}


def headers(endpoint: Endpoint, section: str) -> dict[str, str]:
    """The headers that the section adds, those from the environment read.

    Raises:
        BadInput: a variable is not set.
    """
    found = {}
    for name, value in pairs(endpoint, "headers", section):
        variable = value.removeprefix(VARIABLE)
        if value.startswith(VARIABLE) and not os.environ.get(variable):
            raise BadInput(f"{section}.headers: the environment variable {variable} is not set; export {name} of the endpoint.")
        found[name] = os.environ[variable] if value.startswith(VARIABLE) else value
    return found
