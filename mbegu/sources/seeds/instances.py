"""Examples of accepted instructions: output first for classification, else input first (Self-Instruct, §2.2)."""

from typing import Any, NamedTuple

import diskcache

from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import Answer, Request, request_key
from mbegu.asking.teachers import Teacher, consult, request
from mbegu.rows.ledger import entry
from mbegu.rows.row import Row, row_id
from mbegu.sources.seeds.lists import Instance, instances, is_yes
from mbegu.text.filters import control_token
from mbegu.text.templates import render


class Ask(NamedTuple):
    """How instances are asked for."""

    templates: dict[str, str]
    most: int  # rows of one instruction
    chat: bool  # whether an input-first prompt is a user's turn, or plain text to be continued
    decoding: Decoding


class Added(NamedTuple):
    """Rows with their examples."""

    rows: list[Row]  # up to `Ask.most` of each instruction
    ledger: list[dict[str, Any]]  # instructions without an example, and examples that were dropped
    read: int  # examples, an instruction without any counting as one
    asked: int  # requests that the memo did not know


def add_instances(rows: list[Row], ask: Ask, teacher: Teacher, memo: diskcache.Cache) -> Added:
    """Each instruction with its examples.

    Args:
        rows: accepted instructions, without input and output.
    """

    def prompt(template: str, row: Row, chat: bool, decoding: Decoding) -> Request:
        text = render(ask.templates[template], template, instruction=row["instruction"])
        return request(teacher, text, chat, decoding)

    kinds = consult(teacher, [prompt("classification", row, False, Decoding(4)) for row in rows], memo)
    is_class = [is_yes(kind["text"]) for kind in kinds.answers]
    requests = [
        prompt("output-first", row, False, ask.decoding) if found else prompt("input-first", row, ask.chat, ask.decoding)
        for row, found in zip(rows, is_class, strict=True)
    ]
    examples = consult(teacher, requests, memo)
    found: list[Row] = []
    ledger = []
    read = 0
    for row, asked, answer, output_first in zip(rows, requests, examples.answers, is_class, strict=True):
        made = _read(row, request_key(asked), answer, output_first, ask.most)
        read += max(len(made), 1)
        spoiled = [one for one in made if control_token(one["input"] + one["output"], teacher.control_tokens)]
        found += [one for one in made if one not in spoiled]
        ledger += [entry(one, "expand", "dropped", "control token in an instance") for one in spoiled]
        if not made:
            ledger.append(entry(row, "expand", "dropped", "no instance could be read"))
    return Added(found, ledger, read, kinds.asked + examples.asked)


def _read(row: Row, key: str, answer: Answer, output_first: bool, most: int) -> list[Row]:
    own, _, rest = answer["text"].partition("\nTask:")  # a teacher that goes on invents the next task
    read = instances(own, output_first=output_first, most=most)
    origin = {**row["origin"], "instruction_request": row["origin"]["request"], "request": key, "classification": output_first}
    rows = []
    for position, instance in enumerate(read):
        cut = answer["finish_reason"] == "length" and not rest and position == len(read) - 1
        rows.append(instance_row(row["instruction"], instance, {**origin, "finish_reason": "length" if cut else "stop"}))
    return rows


def instance_row(instruction: str, instance: Instance, origin: dict[str, Any]) -> Row:
    """A row of one example."""
    id_ = row_id(instruction, instance.input)
    return {"id": id_, "instruction": instruction, "input": instance.input, "output": instance.output, "origin": origin}
