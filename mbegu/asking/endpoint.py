"""A teacher behind an OpenAI-compatible endpoint, through the official client."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import Any

import diskcache
from tqdm import tqdm

from mbegu.asking.memo import Answer, Request
from mbegu.asking.settings import Endpoint
from mbegu.asking.teachers import Teacher, seed_of
from mbegu.errors import BadInput

KEY = "MBEGU_TEACHER_API_KEY"
MOST_BYTES_A_TOKEN = 64  # no tokenizer's token is longer; an answer beyond it did not come from the model that was asked


def openai_compatible(endpoint: Endpoint, memo: diskcache.Cache) -> Teacher:
    """A chat model; its key is read from the environment when there is something to ask, and stored nowhere.

    Raises:
        BadInput: when asked: the key is not set, or the endpoint fails for good. What it answered before is kept.
    """
    identity = {"kind": "openai", "base_url": endpoint.base_url, "model": endpoint.model}
    return Teacher(identity, partial(_respond, endpoint), lambda text: len(text.encode()) // 4, memo)


def _respond(endpoint: Endpoint, requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
    spent: Counter[str] = Counter()
    failures: list[BadInput] = []
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
                answer, usage = done.result()
            except BadInput as error:  # others in flight may still answer, and those answers are kept
                failures.append(error)
                for future in waiting:
                    future.cancel()
                continue
            spent.update(usage)
            bar.update()
            yield waiting[done], answer
    _tally(spent, endpoint)
    if failures:
        raise failures[0]


def _client(endpoint: Endpoint) -> Any:
    from openai import OpenAI

    key = os.environ.get(KEY)
    if not key:
        raise BadInput(f"teacher.openai: the environment variable {KEY} is not set; export the key of {endpoint.base_url}.")
    return OpenAI(base_url=endpoint.base_url, api_key=key, max_retries=endpoint.retries, timeout=endpoint.timeout)


def _tally(spent: Counter[str], endpoint: Endpoint) -> None:
    cost = (spent["prompt_tokens"] * endpoint.prompt_price + spent["completion_tokens"] * endpoint.completion_price) / 1e6
    priced = f", cost {cost:.4f}" if cost else ""
    tqdm.write(f"{endpoint.model}: {spent['prompt_tokens']} prompt tokens, {spent['completion_tokens']} generated{priced}")


def _complete(client: Any, endpoint: Endpoint, request: Request) -> tuple[Answer, dict[str, int]]:
    from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, omit

    decoding = request["decoding"]
    penalty = decoding["repetition_penalty"]
    try:
        done = client.chat.completions.create(
            model=endpoint.model,
            messages=[{"role": "user", "content": request["prompt"]}],
            max_tokens=decoding["max_new_tokens"],
            temperature=decoding["temperature"],
            top_p=decoding["top_p"],
            seed=seed_of(request),
            response_format=_response_format(request) or omit,
            extra_body={"repetition_penalty": penalty} if penalty != 1 else None,
        )
    except APITimeoutError:
        raise _failure(endpoint, f"no answer within {endpoint.timeout:g} s, {endpoint.retries + 1} times") from None
    except APIStatusError as error:
        raise _failure(endpoint, f"HTTP {error.status_code}: {' '.join(str(error.message).split())[:200]}") from None
    except APIConnectionError as error:
        raise _failure(endpoint, f"the connection failed ({error.__cause__ or error})") from None
    except (APIError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _failure(endpoint, f"an answer that is not JSON ({str(error)[:100]})") from None
    return _read(done, endpoint, decoding["max_new_tokens"])


def _response_format(request: Request) -> Any:
    """OpenAI's structured outputs: the schema of the request, if it has one."""
    if "shape" not in request:
        return None
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": request["shape"]["schema"], "strict": True}}


def _read(done: Any, endpoint: Endpoint, max_new_tokens: int) -> tuple[Answer, dict[str, int]]:
    choices = getattr(done, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise _failure(endpoint, f"an answer that is no chat completion ({str(done)[:80]!r})")
    text = choices[0].message.content or ""
    if not isinstance(text, str) or len(text.encode(errors="replace")) > MOST_BYTES_A_TOKEN * max_new_tokens:
        raise _failure(endpoint, f"an answer of {len(text):,} characters to a request for {max_new_tokens} tokens")
    usage = getattr(done, "usage", None)
    counts = {name: getattr(usage, name, 0) or 0 for name in ("prompt_tokens", "completion_tokens")}
    text = text.encode("utf-8", errors="replace").decode()
    answer = {"text": text.strip(), "tokens": counts["completion_tokens"], "finish_reason": choices[0].finish_reason or "stop"}
    return answer, counts


def _failure(endpoint: Endpoint, what: str) -> BadInput:
    return BadInput(
        f"teacher.openai: {endpoint.base_url} gave {what}; answers so far are in the memo, run `dvc repro` again to go on."
    )
