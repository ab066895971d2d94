"""A teacher behind one or more endpoints that speak OpenAI's protocol and serve the same model."""

import asyncio
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from tqdm import tqdm

from mbegu.asking import calls, fields
from mbegu.asking.completions import FIELD, LATE, PROMPT, Heard, Trouble
from mbegu.asking.flight import Outcome, Run, outcomes
from mbegu.asking.memo import ABOUT, Answer, Memo, Request, known_speed
from mbegu.asking.servers import Server
from mbegu.asking.settings import Endpoint
from mbegu.asking.teachers import Teacher, refusal
from mbegu.errors import BadInput

KEY = "MBEGU_TEACHER_API_KEY"
TEACHER = "teacher.openai"


class _Asked(NamedTuple):
    """Who is asked, and what prompts met so far."""

    endpoint: Endpoint
    section: str  # of params.yaml, for errors
    refused: list[str]  # said by the server of each prompt that it refused
    proven: bool  # whether it has ever answered, so that refusals are of prompts and not of the way in which it is asked


def openai_compatible(endpoint: Endpoint, memo: Memo | None, section: str = TEACHER) -> Teacher:
    """A chat model; its key is read from the environment when there is something to ask, and stored nowhere.

    Args:
        section: of params.yaml, which errors name; the teacher's must have a key.

    Raises:
        BadInput: an address, a field or a header of the section is none; when asked: the key is not set, every endpoint fails,
            or they refuse more prompts than they may. What they answered before is kept.
    """
    fields.check(endpoint, section)
    identity = {"kind": "openai", "base_url": endpoint.base_url, "model": endpoint.model, **fields.identity(endpoint)}
    proven = known_speed(memo, identity) is not None if memo is not None else False
    respond = partial(_respond, _Asked(endpoint, section, [], proven))
    prices = (endpoint.prompt_price, endpoint.completion_price)
    return Teacher(identity, respond, lambda text: len(text.encode()) // 4, {} if memo is None else memo, prices=prices)


def _respond(asked: _Asked, requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
    endpoint = asked.endpoint
    spent: Counter[str] = Counter()
    failures: list[BadInput] = []
    answered = 0
    with (
        _flight(asked, requests) as (run, found),
        tqdm(total=len(requests), desc="Ask the teacher", unit="answer", dynamic_ncols=True) as bar,
    ):
        for outcome in found:
            try:
                answer, usage = _settled(outcome, asked, run)
            except BadInput as error:  # others in flight may still answer, and those answers are kept
                failures.append(error)
                run.stopped = True
                continue
            answered += "why" not in answer
            spent.update(usage)
            bar.update()
            yield outcome.request, answer
    _tally(spent, endpoint)
    if failures:
        raise failures[0]
    if asked.refused and not answered and not asked.proven:
        raise _failure(asked, f"{asked.refused[0]}, to every prompt of {len(requests)}")


@contextmanager
def _flight(asked: _Asked, requests: list[Request]) -> Iterator[tuple[Run, Iterator[Outcome]]]:
    """What comes of requests while the context is open; leaving it drops what is in flight."""
    key, headers = _key(asked), fields.headers(asked.endpoint, asked.section)
    servers = [Server(url, asked.endpoint.concurrency) for url in fields.addresses(asked.endpoint)]
    # the loop stands still while an answer is written to the memo: one thread, and nothing to lock
    with asyncio.Runner() as runner:
        line = runner.run(_opened(asked.endpoint, key, headers))
        try:
            run = Run(servers, partial(calls.complete, line), asked.endpoint.retries, partial(_say, asked.section))
            if asked.endpoint.check_model:
                runner.run(_check_models(line, run, asked))
            yield run, outcomes(runner, requests, run)
        finally:
            runner.run(calls.closed(line))


async def _opened(endpoint: Endpoint, key: str, headers: dict[str, str]) -> calls.Line:
    return calls.opened(endpoint, key, headers)


async def _check_models(line: calls.Line, run: Run, asked: _Asked) -> None:
    """Leaves out each endpoint that lists other models than the one that is asked for.

    Raises:
        BadInput: all do.
    """
    found = await asyncio.gather(*(calls.lacking(line, server.url) for server in run.servers))
    for server, lacks in zip(run.servers, found, strict=True):
        if lacks is not None:
            server.trouble, server.until, server.told = lacks, math.inf, True  # no try makes another model of it
    if all(found):
        raise _failure(asked, _of_all(run))
    for server in run.servers:
        if server.trouble is not None:
            run.warn(f"{server.url} gave {server.trouble.said}; it is left out.")


def _say(section: str, said: str) -> None:
    tqdm.write(f"Warning: {section}: {said}", file=sys.stderr)  # above the bar


def _key(asked: _Asked) -> str:
    key = os.environ.get(KEY, "").strip()
    if not key and asked.section == TEACHER:
        raise BadInput(
            f"{asked.section}: the environment variable {KEY} is not set; export the key of {asked.endpoint.base_url}."
        )
    return key


def _settled(outcome: Outcome, asked: _Asked, run: Run) -> Heard:
    """The answer, or the refusal that stands in for it.

    Raises:
        BadInput: every endpoint fails, or they refuse one prompt too many.
    """
    request, found, tries = outcome
    if isinstance(found, Heard):
        return found
    if found.kind != PROMPT:
        told = found._replace(said=f"{found.said}, {tries} times") if found.kind == LATE else found
        ill = len(run.servers) > 1 and all(server.trouble for server in run.servers)
        raise _failure(asked, _of_all(run) if ill else f"{told.said} to {_named(request)}", _hint(found, asked.section))
    asked.refused.append(found.said)
    if len(asked.refused) > (most := asked.endpoint.max_refused):
        many = f"; it refused {len(asked.refused)} prompts, {asked.section}.max_refused is {most}" if most else ""
        raise _failure(asked, f"{found.said} to {_named(request)}{many}")
    return Heard(refusal(found.said), {})


def _of_all(run: Run) -> str:
    """What is wrong with each endpoint, in one line."""
    said = [(server.url, server.trouble.said) for server in run.servers if server.trouble]
    return said[0][1] if len(said) == 1 else "; ".join(f"{url} gave {told}" for url, told in said)


def _named(request: Request) -> str:
    """Which row or text a request is about."""
    told = {
        key: value for key, value in request.get(ABOUT, {}).items() if key not in ("task", "version") and value not in ("", None)
    }
    texts = [f"{key} {' '.join(str(value).split())[:60]!r}" for key, value in told.items()]
    return f"the prompt of {', '.join(texts[-2:])}" if texts else f"the prompt {' '.join(request['prompt'].split())[:60]!r}"


def _hint(found: Trouble, section: str) -> str:
    if found.kind != FIELD:
        return ""
    other = ", or set `constrained: false` in the section of the stage" if found.field == "response_format" else ""
    renamed = (
        f", or give it the server's name in {section}.rename ({fields.EXAMPLES['rename']})" if found.field == fields.LIMIT else ""
    )
    return f"list {found.field} in {section}.omit{other}{renamed}; "


def _tally(spent: Counter[str], endpoint: Endpoint) -> None:
    cost = (spent["prompt_tokens"] * endpoint.prompt_price + spent["completion_tokens"] * endpoint.completion_price) / 1e6
    priced = f", cost {cost:.4f}" if cost else ""
    tqdm.write(f"{endpoint.model}: {spent['prompt_tokens']} prompt tokens, {spent['completion_tokens']} generated{priced}")


def _failure(asked: _Asked, what: str, hint: str = "") -> BadInput:
    where = fields.addresses(asked.endpoint)
    gave = f"{where[0]} gave" if len(where) == 1 else f"no answer from {len(where)} endpoints:"
    return BadInput(f"{asked.section}: {gave} {what}; {hint}answers so far are in the memo, run `dvc repro` again to go on.")
