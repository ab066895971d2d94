"""Questions about chunks of documents, and answers that quote the words which support them.

A teacher's reply is JSON of a known shape. One that is not, or that breaks a rule, is sent back with the problem; what is
still wrong after some tries goes into the ledger. A local teacher can spell nothing else (`mbegu.grammar`).
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import diskcache
import jsonschema
import regex

from mbegu.demonstrations import render
from mbegu.errors import BadInput
from mbegu.filters import control_token
from mbegu.generate import Decoding
from mbegu.memo import Request
from mbegu.novelty import Index
from mbegu.teachers import Teacher, consult, request
from mbegu.text import fold, words

UNKNOWN = "I don't know"
OBJECT = regex.compile(r"\{(?:[^{}\"]|\"(?:[^\"\\]|\\.)*+\"|(?R))*+\}", regex.DOTALL)
ALIKE = 0.7  # ROUGE-L F1 above which two questions about a chunk are one, as in Self-Instruct
SHOWN = 300  # characters of a refused reply that are sent back


class Asking(NamedTuple):
    """How the teacher is asked."""

    questions: str  # Jinja templates
    answer: str
    count: int  # questions a chunk
    longest_question: int  # characters
    longest_answer: int
    tries: int  # replies to one request before it is given up
    chat: bool
    decoding: Decoding


class Item(NamedTuple):
    """Something that a reply is wanted for: a chunk, or a chunk and a question about it."""

    chunk: dict[str, Any]
    question: str = ""


Check = Callable[[Item, Any], str | None]


def read_asking(folder: Path, **values: Any) -> Asking:
    """Templates `questions.jinja` and `answer.jinja` of a folder, with the other settings.

    Raises:
        BadInput: a template is missing.
    """
    texts = {}
    for name in ("questions", "answer"):
        try:
            texts[name] = (folder / f"{name}.jinja").read_text(encoding="utf-8")
        except OSError as error:
            raise BadInput(f"{folder}/{name}.jinja: {error.strerror}; there is templates/grounded.") from None
    return Asking(**texts, **values)


def questions_schema(asking: Asking) -> dict[str, Any]:
    """JSON schema of a reply with questions."""
    text = {"type": "string", "minLength": 8, "maxLength": asking.longest_question}
    questions = {"type": "array", "items": text, "minItems": asking.count, "maxItems": asking.count}
    return {"type": "object", "properties": {"questions": questions}, "required": ["questions"], "additionalProperties": False}


def answer_schema(asking: Asking) -> dict[str, Any]:
    """JSON schema of a reply with an answer."""
    texts = {"quote": {"type": "string"}, "answer": {"type": "string", "minLength": 1, "maxLength": asking.longest_answer}}
    return {"type": "object", "properties": texts, "required": ["quote", "answer"], "additionalProperties": False}


def parse(text: str, schema: dict[str, Any]) -> tuple[Any, str | None]:
    """The JSON object in a reply, prose around it passed over, or None and what is wrong with it."""
    found = OBJECT.search(text)
    if found is None:
        return None, "no JSON object in it"
    try:
        value = json.loads(found[0])
        jsonschema.validate(value, schema)
    except json.JSONDecodeError as error:
        return None, f"not valid JSON ({error.msg} at column {error.colno})"
    except jsonschema.ValidationError as error:
        where = ".".join(map(str, error.absolute_path))
        return None, f"{where + ': ' if where else ''}{error.message[:160]}"
    return value, None


def check_questions(_: Item, value: Any) -> str | None:
    """Two of a chunk's questions that ask the same, or one without a word."""
    index = Index()
    for number, text in enumerate(value["questions"], 1):
        tokens = words(text)
        if not tokens:
            return f"question {number} has no word"
        near = index.nearest(tokens, ALIKE)
        if near is not None:
            return f"questions {near.position + 1} and {number} ask the same"
        index.add(tokens)
    return None


def check_answer(item: Item, value: Any) -> str | None:
    """A quote that the chunk does not hold, or an answer without one."""
    if fold(value["answer"]).rstrip(".!") == UNKNOWN:
        return None
    if not words(value["quote"]):
        return "an answer without a quote; quote the words that support it"
    return None if locate(value["quote"], item.chunk["text"]) else "the quote does not stand in the passage"


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """Where a quote stands in a text, any run of white space counting as one; None if nowhere."""
    pieces = fold(quote).split(" ")
    found = regex.search(r"\s+".join(map(regex.escape, pieces)), text) if fold(quote) else None
    return found.span() if found else None


def replies(
    items: list[Item], template: str, name: str, schema: dict[str, Any], check: Check, grammar: Callable[[Item], str],
    asking: Asking, teacher: Teacher, memo: diskcache.Cache,
) -> tuple[list[tuple[Any, Request]], list[str | None], int]:  # fmt: skip
    """A valid reply to each item, asked for again with the problem as often as `asking.tries` allows.

    Returns:
        (reply or None, last request) of each item; what was wrong with the last reply, or None; how often the
        teacher was asked.
    """
    found: list[tuple[Any, Request]] = [(None, {})] * len(items)
    problems: list[str | None] = [None] * len(items)
    said = [""] * len(items)
    waiting, asked = list(range(len(items))), 0
    for number in range(asking.tries):
        forged = [place for place in waiting if control_token(items[place].chunk["text"], teacher.control_tokens)]
        for place in forged:
            problems[place] = "the passage spells one of the teacher's control tokens"
        waiting = [place for place in waiting if place not in forged]
        requests = [_request(items[place], template, name, problems[place], said[place], grammar, asking, teacher, number) for place in waiting]
        answers = consult(teacher, requests, memo)
        asked += answers.asked
        for place, answer, sent in zip(waiting, answers.answers, requests, strict=True):
            said[place] = answer["text"]
            value, problem = parse(answer["text"], schema)
            problems[place] = problem or check(items[place], value)
            found[place] = (None if problems[place] else value, sent)
        waiting = [place for place in waiting if problems[place]]
    return found, problems, asked


def _request(
    item: Item, template: str, name: str, problem: str | None, reply: str, grammar: Callable[[Item], str], asking: Asking,
    teacher: Teacher, number: int,
) -> Request:  # fmt: skip
    shown = {key: item.chunk[key] for key in ("title", "anchor", "text")}
    prompt = render(
        template, name, **shown, question=item.question, count=asking.count, unknown=UNKNOWN, problem=problem, reply=reply[:SHOWN]
    )
    return request(teacher, prompt, asking.chat, asking.decoding, number, grammar(item))
