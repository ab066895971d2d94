"""Replies of a known shape: JSON that a schema allows and a check accepts, asked for again with the problem until it is.

A local teacher can be held to the shape while it writes (`mbegu.asking.grammar`), an endpoint by `response_format`.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import regex

from mbegu.asking.about import about
from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import Answer, Request, recall
from mbegu.asking.samples import Lost, best
from mbegu.asking.settings import Replying
from mbegu.asking.teachers import Teacher, request, unanswered
from mbegu.errors import BadInput
from mbegu.text import reasons
from mbegu.text.filters import control_token
from mbegu.text.templates import render

OBJECT = regex.compile(r"\{(?:[^{}\"]|\"(?:[^\"\\]|\\.)*+\"|(?R))*+\}", regex.DOTALL)
SHOWN = 300  # characters of a refused reply that are sent back


class Asking(NamedTuple):
    """How the teacher is asked."""

    template: str  # Jinja text; beside the item's own variables it knows `problem` and `reply`
    name: str  # of the template, and of the task
    tries: int  # replies to one request before it is given up
    chat: bool
    constrained: bool  # whether the teacher is held to the shape while it writes
    decoding: Decoding


class Item(NamedTuple):
    """Something that a reply is wanted for."""

    values: dict[str, Any]  # variables of the template
    shape: dict[str, Any]  # {"schema": a JSON schema}, and what else `grammar.of` knows
    about: tuple[str, ...] = ()  # the variables that a reply depends on, in the order in which a recording shows them


class Problem(NamedTuple):
    """Why a reply was refused."""

    reason: str  # the same for all of its kind, for the ledger
    detail: str  # what the teacher is told


class Reply(NamedTuple):
    """What came of one item."""

    value: Any  # of the JSON that was accepted, or None
    request: Request  # the last one
    problem: Problem | None  # with the last reply; None if it was accepted
    said: str  # the last reply, as far as the teacher may be shown it again
    answer: Answer  # the last one, of `teachers.origin_of`
    lost: tuple[Lost, ...] = ()  # other samples of it, where there were any


Check = Callable[[int, Any], Problem | None]


def read_asking(how: Replying, name: str) -> Asking:
    """The section of params.yaml with the template of this name.

    Raises:
        BadInput: the folder of templates has none of this name.
    """
    decoding = Decoding(how.max_new_tokens, how.temperature)
    return Asking(read_template(how.templates, name), name, how.tries, how.chat, how.constrained, decoding)


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
        return None, Problem(reasons.NO_JSON, "there is no JSON object in it")
    try:
        value = json.loads(found[0])
        jsonschema.validate(value, schema)
    except (json.JSONDecodeError, RecursionError) as error:
        return None, Problem(reasons.NO_JSON, f"it is not valid JSON ({str(error)[:100]})")
    except jsonschema.ValidationError as error:
        where = ".".join(map(str, error.absolute_path))
        return None, Problem(reasons.OTHER_SHAPE, f"{where + ': ' if where else ''}{error.message[:160]}")
    return value, None


def ask(items: list[Item], asking: Asking, check: Check, teacher: Teacher) -> tuple[list[Reply], int, int]:
    """A reply to each item that parses and passes `check`, asked for up to `asking.tries` times; of `teacher.samples` each time,
    the best (`samples.best`).

    Args:
        check: position of the item and its parsed reply in, what is wrong with it out.

    Returns:
        The replies, how many requests the memo did not know, and how many items these were about.

    Raises:
        BadInput: the template can't be rendered, or the teacher fails; several samples at temperature 0.
    """
    each = 1 if teacher.look_up else teacher.samples  # a recording says the same again
    if each > 1 and not asking.decoding.temperature:
        raise BadInput(
            f"teacher.samples: {each} replies of task {asking.name} are one and the same at temperature 0; raise the temperature "
            "of the section that asks for them, or set samples to 1."
        )
    replies = [Reply(None, {}, None, "", {}) for _ in items]
    waiting = list(range(len(items)))
    asked, fresh = 0, set()
    for number in range(1 if teacher.look_up else asking.tries):
        for place in waiting:
            replies[place] = _put(items[place], replies[place], asking, teacher, number * each)
        waiting = [place for place in waiting if not replies[place].problem]
        fresh |= {place for place in waiting if recall(teacher.memo, replies[place].request) is None}
        drawn = [_draws(replies[place].request, number * each, each) for place in waiting]
        answers, count = teacher.ask([request for requests in drawn for request in requests])
        asked += count
        for place, requests in zip(waiting, drawn, strict=True):
            said, answers = answers[:each], answers[each:]
            read = [
                _read(replies[place]._replace(request=request), answer, items[place], partial(check, place), teacher)
                for request, answer in zip(requests, said, strict=True)
            ]
            replies[place] = _chosen(read)
        # whoever refused a prompt refuses it again
        waiting = [place for place in waiting if replies[place].problem and not unanswered(replies[place].answer)]
    return replies, asked, len(fresh)


def _put(item: Item, last: Reply, asking: Asking, teacher: Teacher, number: int) -> Reply:
    """With the next request; its problem is what keeps it from being sent."""
    detail = last.problem.detail if last.problem else ""
    prompt = render(asking.template, asking.name, **item.values, problem=detail, reply=last.said[:SHOWN]).strip()
    shape = item.shape if asking.constrained else None
    about_it = about(asking.name, asking.template, **{name: item.values[name] for name in item.about})
    asked = request(teacher, prompt, asking.chat, asking.decoding, number, shape, about_it)
    return last._replace(request=asked, problem=_spoiled(prompt, "passage", teacher))


def _draws(request: Request, first: int, each: int) -> list[Request]:
    """The same request so many times, told apart by their number: the first is the one that is put where there is one."""
    return [request, *({**request, "number": first + number} for number in range(1, each))]


def _chosen(read: list[Reply]) -> Reply:
    """The best of several replies with the others as lost; the first of those that all break a rule."""
    good = [reply for reply in read if not reply.problem]
    if not good:
        return read[0]._replace(lost=(*read[0].lost, *(Lost(one.said, one.problem.reason) for one in read[1:] if one.problem)))
    place, lost = best([reply.value for reply in good], [reply.said for reply in good])
    failed = [Lost(reply.said, reply.problem.reason) for reply in read if reply.problem]
    return good[place]._replace(lost=(*good[place].lost, *failed, *lost))


def _read(reply: Reply, answer: Answer, item: Item, check: Callable[[Any], Problem | None], teacher: Teacher) -> Reply:
    """With what the teacher said."""
    text, reply = answer["text"], reply._replace(answer=answer)
    if why := unanswered(answer):
        return reply._replace(problem=Problem(why, "there is no reply to it"))
    spoiled = _spoiled(text, "reply", teacher)
    value, problem = (None, spoiled) if spoiled else parse(text, item.shape["schema"])
    problem = problem or check(value)
    if problem:
        teacher.refuse(reply.request, f"{problem.reason}: {problem.detail}")
    # a text that is spoiled would forge the next prompt
    return reply._replace(value=None if problem else value, problem=problem, said="" if spoiled else text)


def _spoiled(text: str, where: str, teacher: Teacher) -> Problem | None:
    found = control_token(text, teacher.control_tokens)
    detail = "it spells one of the model's control tokens"
    return Problem(f"{reasons.CONTROL_TOKEN} in the {where}", detail) if found else None
