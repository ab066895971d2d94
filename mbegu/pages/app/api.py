"""The API beside the pages, in the form of OpenAI's chat completions, so that any client of that form can ask these models.

They learned from single questions: of a conversation the last message is the question, and those before it are not read; the
field `mbegu` of an answer says how many those were, and what answered. A text that the question is about goes into the field
`input` (`extra_body` of the official client). Without `temperature` an answer is greedy, and equal to that of `mbegu ask`.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from mbegu.asking.decoding import Decoding
from mbegu.asking.visits import Answer, Busy, Failed, Question, Said, Stopped
from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages.app.guard import error
from mbegu.pages.app.metrics import exposition
from mbegu.pages.app.site import Site

with needs("app"):
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

WAITERS = 1000  # threads, which are made when they are needed; each waits for one answer
ENDPOINTS = "there are POST /v1/chat/completions and GET /v1/models"
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


def add(app: FastAPI, site: Site) -> None:
    """Adds the endpoints to an application; add them before the pages."""
    began, threads = int(time.time()), ThreadPoolExecutor(WAITERS, "api")

    async def models(_: Request) -> Response:
        found = [
            {"id": name, "object": "model", "created": began, "owned_by": "mbegu", "mbegu": dict(site.about.get(name, {}))}
            for name in site.engine.speakers
        ]
        return JSONResponse({"object": "list", "data": found})

    async def chat(request: Request) -> Response:
        try:
            wanted = parse(await request.body(), site)
            answer = await asyncio.get_running_loop().run_in_executor(threads, _asked, site, wanted.question)
            answers = _heard(answer, threads)
            if wanted.stream:
                return StreamingResponse(_events(site, wanted, answers), media_type="text/event-stream")
            return await _whole(request, site, wanted, answers)
        except Refusal as refusal:
            return refusal.response()

    async def health(_: Request) -> Response:
        closed = site.engine.closed()
        return JSONResponse(
            {"status": "stopping" if closed else "ok", "models": len(site.engine.speakers)}, 503 if closed else 200
        )

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(exposition(site.engine), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def other(request: Request) -> Response:
        return Refusal(f"No such endpoint: {request.method} {request.url.path}; {ENDPOINTS}.", 404).response()

    for path, function, method in (
        ("/v1/models", models, "GET"), ("/v1/chat/completions", chat, "POST"), ("/health", health, "GET"),
        ("/metrics", metrics, "GET"),
    ):  # fmt: skip
        app.add_route(path, function, methods=[method])
    app.add_route("/v1/{rest:path}", other, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])


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
    options = values.get("stream_options") or {}
    return Wanted(
        Question(model, text, about, _decoding(values, site.longest), int(_number(values, "seed", 0, (-(2**63), 2**63 - 1)))),
        bool(values.get("stream")), isinstance(options, dict) and bool(options.get("include_usage")), ignored,
    )  # fmt: skip


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


def _asked(site: Site, question: Question) -> Answer:
    try:
        return site.engine.ask(question)
    except BadInput as problem:
        raise Refusal(str(problem), 400, "messages") from None
    except Busy as problem:
        raise Refusal(str(problem), 429) from None
    except Stopped as problem:
        raise Refusal(str(problem), 503) from None


async def _heard(answer: Answer, threads: ThreadPoolExecutor) -> AsyncGenerator[Said]:
    """An answer as it grows; a thread waits for each of its states."""
    loop = asyncio.get_running_loop()
    try:
        while (said := await loop.run_in_executor(threads, next, answer, None)) is not None:
            yield said
    except (Failed, Stopped) as problem:
        raise Refusal(str(problem), 503 if isinstance(problem, Stopped) else 500) from None
    finally:
        answer.close()


async def _whole(request: Request, site: Site, wanted: Wanted, answers: AsyncGenerator[Said]) -> Response:
    last: Said | None = None
    async for said in answers:
        last = said
        if await request.is_disconnected():
            await answers.aclose()
            return Response(status_code=499)
    assert last is not None
    message = {"role": "assistant", "content": last.text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": last.finish_reason}
    return JSONResponse({**_head(site, wanted, "chat.completion"), "choices": [choice], "usage": _usage(last)})


async def _events(site: Site, wanted: Wanted, answers: AsyncGenerator[Said]) -> AsyncGenerator[str]:
    """Server-sent events; an error in mid-answer is the last one."""
    head, sent = _head(site, wanted, "chat.completion.chunk"), ""
    yield _event({**head, "choices": [_delta({"role": "assistant", "content": ""})]})
    try:
        async for said in answers:
            if said.text != sent and said.text.startswith(sent):
                yield _event({**head, "choices": [_delta({"content": said.text[len(sent) :]})]})
                sent = said.text
            if said.finish_reason:
                yield _event({**head, "choices": [_delta({}, said.finish_reason)]})
                if wanted.usage:
                    yield _event({**head, "choices": [], "usage": _usage(said)})
    except Refusal as refusal:
        yield _event({"error": error(str(refusal), refusal.status)})
    yield "data: [DONE]\n\n"


def _head(site: Site, wanted: Wanted, kind: str) -> dict[str, Any]:
    name = wanted.question.speaker
    about = {**site.about.get(name, {}), "ignored_messages": wanted.ignored}
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": name,
        "system_fingerprint": site.about.get(name, {}).get("adapter"), "mbegu": about,
    }  # fmt: skip


def _delta(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


def _usage(said: Said) -> dict[str, int]:
    return {"prompt_tokens": said.read, "completion_tokens": said.tokens, "total_tokens": said.read + said.tokens}


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
