"""What a request to the API asks for, or why it is not answered."""

import json
from typing import Any, NamedTuple

from mbegu.asking.decoding import Decoding
from mbegu.asking.visits import Question, tidied
from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages.app.guard import error
from mbegu.pages.app.site import Site
from mbegu.retrieval.passages import place

with needs("app"):
    from fastapi.responses import JSONResponse, Response

# what this server can't do; a value under which it is not asked for
UNKNOWN: dict[str, tuple[Any, ...]] = {
    "n": (None, 1), "stop": (None, []), "tools": (None, []), "functions": (None, []), "logprobs": (None, False),
    "response_format": (None, {"type": "text"}), "logit_bias": (None, {}), "frequency_penalty": (None, 0),
    "presence_penalty": (None, 0), "audio": (None,), "modalities": (None, ["text"]),
}  # fmt: skip


class Refusal(Exception):
    """A request that is not answered."""

    def __init__(self, text: str, status: int = 400, param: str | None = None, code: str | None = None) -> None:
        super().__init__(text)
        self.status, self.param, self.code = status, param, code

    def response(self) -> Response:
        """The error as OpenAI words it."""
        return JSONResponse({"error": error(str(self), self.status, self.code, self.param)}, self.status)


class Wanted(NamedTuple):
    """A request that was understood."""

    question: Question
    stream: bool
    usage: bool  # whether a stream ends with the numbers of tokens
    ignored: int  # messages that are not read
    sources: list[str] | None  # of the passages that stand in it, the best first; None where none were looked for


def parse(body: bytes, site: Site) -> Wanted:
    """What a request asks for.

    Raises:
        Refusal: it can't be read, or asks for what is not offered here.
    """
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Refusal(f"The body is no JSON ({problem}).") from None
    if not isinstance(values, dict):
        raise Refusal("The body is no JSON object; expected one with model and messages.")
    for name, accepted in UNKNOWN.items():
        if values.get(name) not in accepted:
            raise Refusal(f"{name} is not offered here; leave it out.", 400, name, "unsupported_parameter")
    model, messages = values.get("model"), values.get("messages")
    if not isinstance(model, str) or model not in site.engine.speakers:
        known = ", ".join(site.engine.speakers) or "none: no model is built"
        raise Refusal(f"The model {model!r} does not exist; there are {known}.", 404, "model", "model_not_found")
    text, ignored = _question(messages)
    about = values.get("input", "")
    if not isinstance(about, str):
        raise Refusal("input is no text.", 400, "input")
    about, sources = _found(values.get("retrieve"), text, about, site)
    options = values.get("stream_options") or {}
    return Wanted(
        Question(model, text, about, _decoding(values, site.longest), int(_number(values, "seed", 0, (-(2**63), 2**63 - 1)))),
        bool(values.get("stream")), isinstance(options, dict) and bool(options.get("include_usage")), ignored,
        sources,
    )  # fmt: skip


def _found(retrieve: Any, question: str, about: str, site: Site) -> tuple[str, list[str] | None]:
    """The text that a question is about and, if it is to be found, where its passages stand."""
    if retrieve in (None, False):
        return about, None
    if retrieve is not True or about:
        raise Refusal("retrieve is true or left out, and finds the text that stands in input otherwise.", 400, "retrieve")
    if site.searched is None:
        raise Refusal("This project has no documents to search; leave retrieve out.", 400, "retrieve")
    try:
        found = site.searched.find(tidied(question, "")[0])
    except BadInput as problem:
        raise Refusal(str(problem), 400, "messages") from None
    return found.input, [place(hit.document) for hit in found.hits]


def _question(messages: Any) -> tuple[str, int]:
    """The text of the last message, and how many stand before it."""
    if not isinstance(messages, list) or not messages:
        raise Refusal("messages is no list of messages; write one with role and content.", 400, "messages")
    last = messages[-1]
    if not isinstance(last, dict) or last.get("role") != "user":
        raise Refusal("The last message is not the user's; a question must come last.", 400, "messages")
    content = last.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list) or not all(isinstance(one, dict) and isinstance(one.get("text"), str) for one in parts):
        raise Refusal("The last message is no text; these models read nothing else.", 400, "messages")
    return "\n".join(one["text"] for one in parts), len(messages) - 1


def _decoding(values: dict[str, Any], longest: int) -> Decoding:
    key = "max_completion_tokens" if values.get("max_completion_tokens") is not None else "max_tokens"
    tokens = int(_number(values, key, longest, (1, longest)))
    temperature, top_p = _number(values, "temperature", 0, (0, 2)), _number(values, "top_p", 1, (0, 1))
    return Decoding(tokens, float(temperature), float(top_p))


def _number(values: dict[str, Any], key: str, default: float, limits: tuple[float, float]) -> float:
    value, (low, high) = values.get(key), limits
    if value is None:
        return default
    whole = isinstance(default, int) and key not in ("temperature", "top_p")
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not low <= value <= high:
        raise Refusal(f"{key} is {value!r}; expected a {'whole ' if whole else ''}number from {low} to {high}.", 400, key)
    return float(value) if not whole else value
