"""Replies of a known shape: JSON that a schema allows and a check accepts, asked for again with the problem until it is.

A local teacher can be held to the shape while it writes (`mbegu.asking.grammar`), an endpoint by `response_format`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import diskcache
import jsonschema
import regex

from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import Request, recall
from mbegu.asking.teachers import Teacher, consult, request
from mbegu.errors import BadInput
from mbegu.text.filters import control_token
from mbegu.text.templates import render

OBJECT = regex.compile(r"\{(?:[^{}\"]|\"(?:[^\"\\]|\\.)*+\"|(?R))*+\}", regex.DOTALL)
SHOWN = 300  # characters of a refused reply that are sent back


class Asking(NamedTuple):
    """How the teacher is asked."""

    template: str  # Jinja text; beside the item's own variables it knows `problem` and `reply`
    name: str  # of the template, for errors
    tries: int  # replies to one request before it is given up
    chat: bool
    constrained: bool  # whether the teacher is held to the shape while it writes
    decoding: Decoding


class Item(NamedTuple):
    """Something that a reply is wanted for."""

    values: dict[str, Any]  # variables of the template
    shape: dict[str, Any]  # {"schema": a JSON schema}, and what else `grammar.of` knows


class Problem(NamedTuple):
    """Why a reply was refused."""

    reason: str  # the same for all of its kind, for the ledger
    detail: str  # what the teacher is told


class Replies(NamedTuple):
    """One of each a request: the valid reply or None, the last request, what was wrong with the last reply or None."""

    values: list[Any]
    requests: list[Request]
    problems: list[Problem | None]
    asked: int  # requests that the memo did not know
    fresh: int  # items that at least one of them was about


Check = Callable[[int, Any], Problem | None]


def read_template(folder: Path, name: str) -> str:
    """A template of a folder.

    Raises:
        BadInput: there is none of this name.
    """
    try:
        return (folder / f"{name}.jinja").read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{folder}/{name}.jinja: {error.strerror}; copy it from templates/grounded.") from None


def parse(text: str, schema: dict[str, Any]) -> tuple[Any, Problem | None]:
    """The first JSON object in a reply, prose around it passed over, or None and what is wrong with it."""
    found = OBJECT.search(text)
    if found is None:
        return None, Problem("reply without JSON", "there is no JSON object in it")
    try:
        value = json.loads(found[0])
        jsonschema.validate(value, schema)
    except (json.JSONDecodeError, RecursionError) as error:
        return None, Problem("reply without JSON", f"it is not valid JSON ({str(error)[:100]})")
    except jsonschema.ValidationError as error:
        where = ".".join(map(str, error.absolute_path))
        return None, Problem("reply of another shape", f"{where + ': ' if where else ''}{error.message[:160]}")
    return value, None


def ask(items: list[Item], asking: Asking, check: Check, teacher: Teacher, memo: diskcache.Cache) -> Replies:
    """A reply to each item that parses and passes `check`, asked for up to `asking.tries` times.

    Args:
        check: position of the item and its parsed reply in, what is wrong with it out.

    Raises:
        BadInput: the template can't be rendered, or the teacher fails.
    """
    values: list[Any] = [None] * len(items)
    requests: list[Request] = [{}] * len(items)
    problems: list[Problem | None] = [None] * len(items)
    said = [""] * len(items)
    waiting, asked = list(range(len(items))), 0
    fresh: set[int] = set()
    for number in range(asking.tries):
        for place in waiting:
            requests[place] = _request(items[place], asking, problems[place], said[place], teacher, number)
        for place in waiting:
            problems[place] = _spoiled(requests[place]["prompt"], "passage", teacher)
        waiting = [place for place in waiting if not problems[place]]
        fresh |= {place for place in waiting if recall(memo, requests[place]) is None}
        answers = consult(teacher, [requests[place] for place in waiting], memo)
        asked += answers.asked
        for place, answer in zip(waiting, answers.answers, strict=True):
            value, problem = parse(answer["text"], items[place].shape["schema"])
            spoiled = _spoiled(answer["text"], "reply", teacher)
            said[place] = "" if spoiled else answer["text"]  # it would forge the next prompt
            problems[place] = spoiled or problem or check(place, value)
            values[place] = None if problems[place] else value
        waiting = [place for place in waiting if problems[place]]
    return Replies(values, requests, problems, asked, len(fresh))


def _spoiled(text: str, where: str, teacher: Teacher) -> Problem | None:
    found = control_token(text, teacher.control_tokens)
    return Problem(f"control token in the {where}", "it spells one of the model's control tokens") if found else None


def _request(item: Item, asking: Asking, problem: Problem | None, reply: str, teacher: Teacher, number: int) -> Request:
    detail = problem.detail if problem else ""
    prompt = render(asking.template, asking.name, **item.values, problem=detail, reply=reply[:SHOWN]).strip()
    return request(teacher, prompt, asking.chat, asking.decoding, number, item.shape if asking.constrained else None)
