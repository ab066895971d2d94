"""Who answers: a model on this machine, an endpoint that speaks OpenAI's protocol, or a recording of either.

A teacher is a value with an identity, one function and a memo that remembers whatever the function answers.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import diskcache

from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import Answer, Request, answer_all, note_speed, request_key
from mbegu.text.draws import seed


class Teacher(NamedTuple):
    """The protocol: `respond` gets requests of `request` and yields (request, answer) pairs, in any order, as they come.

    An answer is {"text", "tokens": number generated, "finish_reason": "stop" or "length"}.
    """

    identity: dict[str, Any]  # all that its answers depend on beside the request; part of every memo key
    respond: Callable[[list[Request]], Iterator[tuple[Request, Answer]]]
    count_tokens: Callable[[str], int]  # of a prompt, for forecasts
    memo: diskcache.Cache
    control_tokens: tuple[str, ...] = ()  # texts that must not stand in a prompt
    seen: list[Request] | None = None  # where `ask` notes every request, for a forecast

    def ask(self, requests: list[Request]) -> tuple[list[Answer], int]:
        """Answers in the order of the requests, and how many the memo did not know; notes the teacher's speed."""
        if self.seen is not None:
            self.seen.extend(requests)
        generated: list[int] = []

        def respond(missing: list[Request]) -> Iterator[tuple[Request, Answer]]:
            for request, answer in self.respond(missing):
                generated.append(answer["tokens"])
                yield request, answer

        start = time.monotonic()
        answers, asked = answer_all(requests, respond, self.memo)
        if asked:
            note_speed(self.memo, self.identity, sum(generated), time.monotonic() - start)
        return answers, asked


def signature(teacher: Teacher) -> dict[str, str]:
    """A teacher's identity as rows carry it: hashes cut to 16 digits, nothing that is empty."""
    return {
        key: str(value)[:16] if key in ("base", "adapter", "file") else str(value)
        for key, value in teacher.identity.items()
        if value
    }


def request(
    teacher: Teacher, prompt: str, chat: bool, decoding: Decoding, number: int = 0, shape: dict[str, Any] | None = None
) -> Request:
    """A memo request.

    Args:
        chat: whether the prompt is a user's turn, or plain text to be continued.
        number: tells apart requests with the same prompt that shall be answered differently.
        shape: what the answer must look like: {"schema": a JSON schema} and what else `grammar.of` knows.
    """
    content = {"teacher": teacher.identity, "prompt": prompt, "chat": chat, "decoding": decoding._asdict()}
    extras = {"number": number, "shape": shape}
    return {**content, **{key: value for key, value in extras.items() if value}}


def seed_of(request: Request) -> int:
    """A 31-bit seed from the request's content, so that it depends on no order."""
    return seed(f"seed {request_key(request)}")
