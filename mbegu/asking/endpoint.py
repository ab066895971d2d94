"""A teacher behind an OpenAI-compatible endpoint, through the official client."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import Any, NamedTuple

import diskcache
from tqdm import tqdm

from mbegu.asking import fields
from mbegu.asking.completions import AGAIN, FIELD, PROMPT, STOP, Heard, Trouble, read, refused
from mbegu.asking.memo import ABOUT, Answer, Request, known_speed
from mbegu.asking.settings import Endpoint
from mbegu.asking.teachers import Teacher, refusal
from mbegu.errors import BadInput

KEY = "MBEGU_TEACHER_API_KEY"
LONGEST_WAIT = 8.0  # seconds between two tries, as the client's own


def openai_compatible(endpoint: Endpoint, memo: diskcache.Cache) -> Teacher:
    """A chat model; its key is read from the environment when there is something to ask, and stored nowhere.

    Raises:
        BadInput: a field or header of the section is none; when asked: the key is not set, the endpoint fails for good, or it
            refuses more prompts than it may. What it answered before is kept.
    """
    fields.check(endpoint)
    identity = {"kind": "openai", "base_url": endpoint.base_url, "model": endpoint.model, **fields.identity(endpoint)}
    proven = known_speed(memo, identity) is not None if memo is not None else False
    respond = partial(_respond, endpoint, _Refused([], proven))
    prices = (endpoint.prompt_price, endpoint.completion_price)
    return Teacher(identity, respond, lambda text: len(text.encode()) // 4, memo, prices=prices)


class _Refused(NamedTuple):
    """What a stage's prompts met so far."""

    said: list[str]  # by the server of each prompt that it refused
    proven: bool  # whether it has ever answered, so that refusals are of prompts and not of the way in which it is asked


def _respond(endpoint: Endpoint, met: _Refused, requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
    spent: Counter[str] = Counter()
    failures: list[BadInput] = []
    answered = 0
    with (
        _client(endpoint) as client,
        ThreadPoolExecutor(endpoint.concurrency) as pool,
        tqdm(total=len(requests), desc="Ask the teacher", unit="answer", dynamic_ncols=True) as bar,
    ):
        waiting = {pool.submit(_complete, client, endpoint, request): request for request in requests}
        for done in as_completed(waiting):
            if done.cancelled():
                continue
            try:
                answer, usage = _settled(done.result(), waiting[done], endpoint, met)
            except BadInput as error:  # others in flight may still answer, and those answers are kept
                failures.append(error)
                for future in waiting:
                    future.cancel()
                continue
            answered += "why" not in answer
            spent.update(usage)
            bar.update()
            yield waiting[done], answer
    _tally(spent, endpoint)
    if failures:
        raise failures[0]
    if met.said and not answered and not met.proven:
        raise _failure(endpoint, f"{met.said[0]}, to every prompt of {len(requests)}")


def _settled(found: Heard | Trouble, request: Request, endpoint: Endpoint, met: _Refused) -> Heard:
    """The answer, or the refusal that stands in for it.

    Raises:
        BadInput: the endpoint fails, or refuses one prompt too many.
    """
    if isinstance(found, Heard):
        return found
    if found.kind != PROMPT:
        raise _failure(endpoint, f"{found.said} to {_named(request)}", _hint(found))
    met.said.append(found.said)
    if len(met.said) > endpoint.max_refused:
        many = f"{found.said} to {_named(request)}; it refused {len(met.said)} prompts, teacher.openai.max_refused is"
        raise _failure(endpoint, f"{many} {endpoint.max_refused}")
    return Heard(refusal(found.said), {})


def _named(request: Request) -> str:
    """Which row or text a request is about."""
    told = {
        key: value for key, value in request.get(ABOUT, {}).items() if key not in ("task", "version") and value not in ("", None)
    }
    texts = [f"{key} {' '.join(str(value).split())[:60]!r}" for key, value in told.items()]
    return f"the prompt of {', '.join(texts[-2:])}" if texts else f"the prompt {' '.join(request['prompt'].split())[:60]!r}"


def _hint(found: Trouble) -> str:
    if found.kind != FIELD:
        return ""
    other = ", or set `constrained: false` in the section of the stage" if found.field == "response_format" else ""
    renamed = (
        f", or give it the server's name in teacher.openai.rename ({fields.EXAMPLES['rename']})"
        if found.field == fields.LIMIT
        else ""
    )
    return f"list {found.field} in teacher.openai.omit{other}{renamed}; "


def _client(endpoint: Endpoint) -> Any:
    from openai import OpenAI

    key = os.environ.get(KEY)
    if not key:
        raise BadInput(f"teacher.openai: the environment variable {KEY} is not set; export the key of {endpoint.base_url}.")
    added = fields.headers(endpoint)
    return OpenAI(
        base_url=endpoint.base_url, api_key=key, max_retries=endpoint.retries, timeout=endpoint.timeout, default_headers=added
    )


def _tally(spent: Counter[str], endpoint: Endpoint) -> None:
    cost = (spent["prompt_tokens"] * endpoint.prompt_price + spent["completion_tokens"] * endpoint.completion_price) / 1e6
    priced = f", cost {cost:.4f}" if cost else ""
    tqdm.write(f"{endpoint.model}: {spent['prompt_tokens']} prompt tokens, {spent['completion_tokens']} generated{priced}")


def _complete(client: Any, endpoint: Endpoint, request: Request) -> Heard | Trouble:
    """One answer. What may pass is tried again: HTTP errors by the client, errors that call themselves success here."""
    for tries in range(endpoint.retries + 1):
        found = _once(client, endpoint, request)
        if isinstance(found, Heard) or found.kind != AGAIN or tries == endpoint.retries:
            break
        time.sleep(min(0.5 * 2**tries, LONGEST_WAIT))
    return _without_secrets(found, endpoint) if isinstance(found, Trouble) else found


def _once(client: Any, endpoint: Endpoint, request: Request) -> Heard | Trouble:
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    sent = fields.body(endpoint, request)
    messages = [{"role": "user", "content": request["prompt"]}]
    try:
        raw = client.chat.completions.with_raw_response.create(model=endpoint.model, messages=messages, extra_body=sent)
        body = raw.http_response.content.decode("utf-8")
    except APITimeoutError:
        return Trouble(STOP, f"no answer within {endpoint.timeout:g} s, {endpoint.retries + 1} times")
    except APIStatusError as error:
        found = refused(error.status_code, error.response.content.decode("utf-8", errors="replace"), tuple(sent))
        return found._replace(kind=STOP) if found.kind == AGAIN else found  # the client has tried that again
    except APIConnectionError as error:
        return Trouble(STOP, f"the connection failed ({error.__cause__ or error})")
    except UnicodeDecodeError as error:
        return Trouble(AGAIN, f"an answer that is not JSON ({str(error)[:100]})")
    return read(body, None if fields.LIMIT in endpoint.omit else request["decoding"]["max_new_tokens"])


def _without_secrets(found: Trouble, endpoint: Endpoint) -> Trouble:
    """Some servers say the key again that they were sent."""
    said = found.said
    for secret in (os.environ.get(KEY), *fields.headers(endpoint).values()):
        said = said.replace(secret, "***") if secret and len(secret) > 3 else said
    return found._replace(said=said)


def _failure(endpoint: Endpoint, what: str, hint: str = "") -> BadInput:
    return BadInput(
        f"teacher.openai: {endpoint.base_url} gave {what}; {hint}answers so far are in the memo, run `dvc repro` again to go on."
    )
