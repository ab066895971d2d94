"""Who answers: a model on this machine, an endpoint that speaks OpenAI's protocol, or a recording of either.

A teacher is a value with an identity and one function; whatever it answers goes through the memo.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import diskcache

from mbegu.asking import grammar
from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import generate
from mbegu.asking.memo import Answer, Request, answer_all, note_speed, request_key
from mbegu.asking.prompts import control_tokens
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.text.draws import seed

Ask = Callable[[list[Request]], Iterator[tuple[Request, Answer]]]


class Teacher(NamedTuple):
    """The protocol: requests of `request` in, (request, answer) pairs out, in any order, as they come.

    An answer is {"text", "tokens": number generated, "finish_reason": "stop" or "length"}.
    """

    identity: dict[str, Any]  # all that its answers depend on beside the request; part of every memo key
    ask: Ask
    count_tokens: Callable[[str], int]  # of a prompt, for forecasts
    control_tokens: tuple[str, ...] = ()  # texts that must not stand in a prompt
    seen: list[Request] | None = None  # where `consult` notes every request, for a forecast


class Asked(NamedTuple):
    """Answers in the order of the requests, and what they took."""

    answers: list[Answer]
    asked: int  # requests that the memo did not know


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


def consult(teacher: Teacher, requests: list[Request], memo: diskcache.Cache) -> Asked:
    """Answers requests through the memo and notes the teacher's speed."""
    tokens = 0
    if teacher.seen is not None:
        teacher.seen.extend(requests)

    def ask(missing: list[Request]) -> Iterator[tuple[Request, Answer]]:
        nonlocal tokens
        for request, answer in teacher.ask(missing):
            tokens += answer["tokens"]
            yield request, answer

    start = time.monotonic()
    answers, asked = answer_all(requests, ask, memo)
    if asked:
        note_speed(memo, teacher.identity, tokens, time.monotonic() - start)
    return Asked(answers, asked)


def local(weights: Weights, batch_size: int) -> Teacher:
    """The base model, or a version's adapter on it, on this machine; loaded when it is first asked.

    Raises:
        BadInput: a manifest does not hold, or the adapter belongs to another base.
    """
    identity = {"kind": "local", **weights.identity(), "batch_size": batch_size}
    tokenizer = load_tokenizer(weights.base)

    def ask(requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
        model = weights.load()
        alike: dict[str, list[Request]] = {}
        for request in requests:
            alike.setdefault(f"{request['chat']} {request['decoding']}", []).append(request)
        for group in alike.values():
            chat = group[0]["chat"]
            texts = [_as_turn(request["prompt"], tokenizer) if chat else request["prompt"] for request in group]
            decoding, seeds = Decoding(**group[0]["decoding"]), [seed_of(request) for request in group]
            grammars = [grammar.of(request["shape"]) if "shape" in request else None for request in group]
            answers = generate(
                texts, seeds, decoding, batch_size, model, tokenizer, special_tokens=not chat, label="Ask the teacher",
                grammars=grammars,
            )  # fmt: skip
            for index, answer in answers:
                yield group[index], answer

    return Teacher(identity, ask, lambda text: len(tokenizer(text)["input_ids"]), tuple(control_tokens(tokenizer)))


def _as_turn(text: str, tokenizer: Any) -> str:
    turn = [{"role": "user", "content": text}]
    return str(tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True))
