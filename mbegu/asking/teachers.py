"""Who answers: a model on this machine, an endpoint that speaks OpenAI's protocol, or a recording of either.

A teacher is a value with an identity, one function and a memo that remembers whatever the function answers.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import ABOUT, REFUSED, Answer, Memo, Request, answer_all, note_speed, request_key
from mbegu.rows.writers import PEOPLE
from mbegu.text import reasons
from mbegu.text.draws import seed
from mbegu.text.reasoning import without_reasoning

BY = "by"
CUT = ("length", "max_tokens", "max_output_tokens", "max_length", "model_length", "token_limit", "incomplete")  # spellings of one
UNRECORDED: Answer = {"text": "", "tokens": 0, "finish_reason": "unrecorded"}  # what stands in for a reply that a recording lacks


class Notes(NamedTuple):
    """What is to be known of a run beside its rows."""

    seen: list[Request]  # all that was asked
    refused: list[tuple[Request, str]]  # whose reply was no good, and why


class Teacher(NamedTuple):
    """The protocol: `respond` gets requests of `request` and yields (request, answer) pairs, in any order, as they come.

    An answer is {"text", "tokens": number generated, "finish_reason": "stop" or "length"}, or one of `refusal`.
    """

    identity: dict[str, Any]  # all that its answers depend on beside the request; part of every memo key
    respond: Callable[[list[Request]], Iterator[tuple[Request, Answer]]]
    count_tokens: Callable[[str], int]  # of a prompt, for forecasts
    memo: Memo
    control_tokens: tuple[str, ...] = ()  # texts that must not stand in a prompt
    parameters: int | None = None  # of a model on this machine; part of no memo key, as its weights are
    look_up: Callable[[Request], Answer | None] | None = None  # of a recording, which knows at once what it lacks
    notes: Notes | None = None  # of a forecast
    prices: tuple[float, float] = (0.0, 0.0)  # of a million prompt tokens, and of a million generated ones
    samples: int = 1  # replies to a request about a passage, of which the best stays; a recording has one

    def ask(self, requests: list[Request]) -> tuple[list[Answer], int]:
        """Answers in the order of the requests, as `heard`, and how many the memo did not know, or a recording did; notes the
        speed."""
        if self.notes is not None:
            self.notes.seen.extend(requests)
        if self.look_up:  # by what a request is about, whatever its words; in the order of the requests
            answers = [heard(answer) for _, answer in self.respond(requests)]
            return answers, sum(not unrecorded(answer) for answer in answers)
        generated: list[int] = []

        def respond(missing: list[Request]) -> Iterator[tuple[Request, Answer]]:
            for request, answer in self.respond(missing):
                generated.append(answer["tokens"])
                yield request, answer

        start = time.monotonic()
        answers, asked = answer_all(requests, respond, self.memo)
        if asked:
            note_speed(self.memo, self.identity, sum(generated), time.monotonic() - start)
        for place, answer in enumerate(answers):  # in place: there may be very many
            answers[place] = heard(answer)
        return answers, asked

    def refuse(self, request: Request, why: str) -> None:
        """Notes that a reply was no good."""
        if self.notes is not None:
            self.notes.refused.append((request, why))


def signature(teacher: Teacher) -> dict[str, str]:
    """A teacher's identity as rows carry it: hashes cut to 16 digits, nothing that is empty; with its size, if that is known."""
    return signed({**teacher.identity, "parameters": teacher.parameters})


def signed(identity: dict[str, Any]) -> dict[str, str]:
    """An identity as rows carry it."""
    return {
        key: str(value)[:16] if key in ("base", "adapter", "file") else str(value) for key, value in identity.items() if value
    }


def origin_of(teacher: Teacher, answer: Answer) -> dict[str, Any]:
    """What an origin says of who wrote a row; of a recorded reply, who did then, and on which line it stands."""
    if "recording" not in answer:
        return {"teacher": signature(teacher)}
    by = answer.get(BY) or {}
    return {"teacher": {**by, "kind": "recorded", BY: by.get("kind", PEOPLE)}, "recording": answer["recording"]}


def heard(answer: Answer) -> Answer:
    """An answer without what a reasoning model thought aloud, its end in our words. The memo keeps it as it came."""
    spoken = without_reasoning(answer["text"])
    cut = spoken.unclosed or str(answer["finish_reason"]).lower() in CUT
    return {**answer, "text": spoken.text, "finish_reason": "length" if cut else answer["finish_reason"]}


def refusal(why: str) -> Answer:
    """What stands in for an answer to a prompt that an endpoint will never give one to."""
    return {"text": "", "tokens": 0, "finish_reason": REFUSED, "why": why}


def unanswered(answer: Answer, what: str = "") -> str:
    """Why there is no answer, as the ledger says it, or nothing if there is one.

    Args:
        what: the part that is missing, where a row is made of several answers.
    """
    if answer["finish_reason"] == REFUSED:
        return ": ".join(filter(None, (reasons.NOT_ANSWERED, what, answer["why"])))
    return ": ".join(filter(None, (reasons.NOT_RECORDED, what))) if unrecorded(answer) else ""


def unrecorded(answer: Answer) -> bool:
    """Whether a recording had no answer."""
    return bool(answer["finish_reason"] == UNRECORDED["finish_reason"])


def asked_for(teacher: Teacher, count: int, about: str) -> str:
    """The end of a stage's last line: how much was asked, or read from a recording.

    Args:
        about: what for, where the teacher was asked, such as ", about 2 new or changed chunks".
    """
    if teacher.look_up:
        return f"read {count} replies of a recording"
    return f"asked the teacher {count} times{about}"


def request(
    teacher: Teacher,
    prompt: str,
    chat: bool,
    decoding: Decoding,
    number: int = 0,
    shape: dict[str, Any] | None = None,
    about: dict[str, Any] | None = None,
) -> Request:
    """A memo request.

    Args:
        chat: whether the prompt is a user's turn, or plain text to be continued.
        number: tells apart requests with the same prompt that shall be answered differently.
        shape: what the answer must look like: {"schema": a JSON schema} and what else `grammar.of` knows.
        about: of `about.about`, by which a recording knows the request; no part of the memo's key.
    """
    content = {"teacher": teacher.identity, "prompt": prompt, "chat": chat, "decoding": decoding._asdict()}
    extras = {"number": number, "shape": shape, ABOUT: about}
    return {**content, **{key: value for key, value in extras.items() if value}}


def seed_of(request: Request) -> int:
    """A 31-bit seed from the request's content, so that it depends on no order."""
    return seed(f"seed {request_key(request)}")
