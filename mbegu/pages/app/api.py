"""The API beside the pages, in the form of OpenAI's chat completions, so that any client of that form can ask these models.

They learned from single questions: of a conversation the last message is the question, and those before it are not read; the
field `mbegu` of an answer says how many those were, and what answered. A text that the question is about goes into the field
`input` (`extra_body` of the official client); with `"retrieve": true` there, it is the passages that the question finds, and the
field `mbegu` of the answer names its sources. Without `temperature` an answer is greedy, and equal to that of `mbegu ask`.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from mbegu.asking.visits import BEAT, Answer, Busy, Failed, Question, Said, Stopped
from mbegu.errors import BadInput
from mbegu.extras import needs
from mbegu.pages.app.guard import App, Message, Receive, Send, error
from mbegu.pages.app.metrics import exposition
from mbegu.pages.app.passages import PATH, document_page
from mbegu.pages.app.requested import Refusal, Wanted, parse
from mbegu.pages.app.site import Site

with needs("app"):
    from fastapi import FastAPI, Request
    from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse

Found = TypeVar("Found")
WAITERS = 1000  # threads, which are made when they are needed; each waits for one answer
DIGITS = 12  # of a place in a document; `int` refuses some thousands of them with an error of its own
ENDPOINTS = "there are POST /v1/chat/completions and GET /v1/models"


def add(app: FastAPI, site: Site) -> None:
    """Adds the endpoints to an application; add them before the pages."""
    began, threads = int(time.time()), ThreadPoolExecutor(WAITERS, "api")

    async def models(_: Request) -> Response:
        found = [
            {"id": name, "object": "model", "created": began, "owned_by": "mbegu", "mbegu": dict(site.about.get(name, {}))}
            for name in site.engine.speakers
        ]
        return JSONResponse({"object": "list", "data": found})

    def aside(function: Callable[..., Found], *given: Any) -> Awaitable[Found]:  # what takes long holds nobody else up
        return asyncio.get_running_loop().run_in_executor(threads, function, *given)

    async def chat(request: Request) -> Any:
        try:
            wanted = await aside(parse, await request.body(), site)
            answer = await aside(_asked, site, wanted.question)
            answers = _heard(answer, threads)
            if wanted.stream:
                return _closing(StreamingResponse(_events(site, wanted, answers), media_type="text/event-stream"), answer)
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

    async def document(request: Request) -> Response:
        try:
            return HTMLResponse(await aside(_document, site, request.query_params))
        except Refusal as refusal:
            return PlainTextResponse(str(refusal), refusal.status)

    async def other(request: Request) -> Response:
        return Refusal(f"No such endpoint: {request.method} {request.url.path}; {ENDPOINTS}.", 404).response()

    for path, function, method in (
        ("/v1/models", models, "GET"), ("/v1/chat/completions", chat, "POST"), ("/health", health, "GET"),
        ("/metrics", metrics, "GET"), (PATH, document, "GET"),
    ):  # fmt: skip
        app.add_route(path, function, methods=[method])
    app.add_route("/v1/{rest:path}", other, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])


def _document(site: Site, asked: Mapping[str, str]) -> str:
    if site.searched is None:
        raise Refusal("This project has no documents to search.", 404)
    start, end = (asked.get(key, "") for key in ("start", "end"))
    if not all(one.isdecimal() and len(one) <= DIGITS for one in (start, end)):
        raise Refusal("start and end are no numbers; follow a link of the page Ask.")
    try:
        return document_page(site.searched, asked.get("path", ""), int(start), int(end))
    except BadInput as problem:
        raise Refusal(str(problem), 404) from None


def _asked(site: Site, question: Question) -> Answer:
    try:
        return site.engine.ask(question)
    except BadInput as problem:
        raise Refusal(str(problem), 400, "messages") from None
    except Busy as problem:
        raise Refusal(str(problem), 429) from None
    except Stopped as problem:
        raise Refusal(str(problem), 503) from None


def _closing(response: Response, answer: Answer) -> App:
    """The response, after which nobody listens, even where the client was gone before the first word of the answer."""

    async def respond(scope: Message, receive: Receive, send: Send) -> None:
        try:
            await response(scope, receive, send)
        finally:
            answer.close()

    return respond


async def _heard(answer: Answer, threads: ThreadPoolExecutor) -> AsyncGenerator[Said | None]:
    """An answer as it grows, and None where nothing is said for a while; a thread waits for each of its states."""
    loop = asyncio.get_running_loop()
    said: Said | None = None
    try:
        while said is None or not said.finish_reason:
            said = await loop.run_in_executor(threads, answer.wait, BEAT)
            yield said
    except (Failed, Stopped) as problem:
        raise Refusal(str(problem), 503 if isinstance(problem, Stopped) else 500) from None
    finally:
        answer.close()


async def _whole(request: Request, site: Site, wanted: Wanted, answers: AsyncGenerator[Said | None]) -> Response:
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


async def _events(site: Site, wanted: Wanted, answers: AsyncGenerator[Said | None]) -> AsyncGenerator[str]:
    """Server-sent events; an error in mid-answer is the last one."""
    head, sent = _head(site, wanted, "chat.completion.chunk"), ""
    yield _event({**head, "choices": [_delta({"role": "assistant", "content": ""})]})
    try:
        async for said in answers:
            if said is None:
                continue
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
    known = site.about.get(name, {})
    about = {**known, "ignored_messages": wanted.ignored}
    about |= {} if wanted.sources is None else {"sources": wanted.sources}
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": name,
        "system_fingerprint": known.get("adapter") or known.get("model"), "mbegu": about,
    }  # fmt: skip


def _delta(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


def _usage(said: Said) -> dict[str, int]:
    return {"prompt_tokens": said.read, "completion_tokens": said.tokens, "total_tokens": said.read + said.tokens}


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
