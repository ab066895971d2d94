"""Examples of accepted instructions: output first for classification, else input first (Self-Instruct, §2.2)."""

from typing import Any

from mbegu.asking.about import about
from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import Answer, Request, request_key
from mbegu.asking.teachers import Teacher, origin_of, request, unanswered
from mbegu.rows.ledger import Entry, Sieved, entry
from mbegu.rows.row import Row, row_id
from mbegu.sources.seeds.lists import Instance, instances, is_yes
from mbegu.sources.seeds.settings import STAGE, Bootstrap
from mbegu.text import reasons
from mbegu.text.filters import control_token
from mbegu.text.templates import render

KIND = Decoding(4)  # of an answer that begins with yes, or does not


def add_instances(
    rows: list[Row], how: Bootstrap, templates: dict[str, str], teacher: Teacher
) -> tuple[Sieved[list[Row]], int, int]:
    """Each instruction with its examples.

    Args:
        rows: accepted instructions, without input and output.

    Returns:
        Up to `how.instances` rows of each, with a ledger of instructions without an example and examples that were dropped;
        the number of examples that were read, an instruction without any counting as one; and how many requests the memo
        did not know.
    """

    def prompt(template: str, row: Row, chat: bool, decoding: Decoding) -> Request:
        text = render(templates[template], template, instruction=row["instruction"])
        known = about(template, templates[template], instruction=row["instruction"])
        return request(teacher, text, chat, decoding, about=known)

    kinds, asked = teacher.ask([prompt("classification", row, False, KIND) for row in rows])
    lost = [entry(row, STAGE, "dropped", why) for row, kind in zip(rows, kinds, strict=True) if (why := unanswered(kind, "kind"))]
    told = [(row, is_yes(kind["text"])) for row, kind in zip(rows, kinds, strict=True) if not unanswered(kind)]
    decoding = how.decoding(how.instance_tokens)
    requests = [
        prompt("output-first", row, False, decoding) if found else prompt("input-first", row, how.instance_chat, decoding)
        for row, found in told
    ]
    examples, more = teacher.ask(requests)
    kept: list[Row] = []
    ledger: list[Entry] = lost
    read = len(lost)
    for (row, output_first), request_, answer in zip(told, requests, examples, strict=True):
        wrote = {**origin_of(teacher, answer), "request": request_key(request_), "classification": output_first}
        made = _read(row, wrote, answer, how.instances)
        read += max(len(made), 1)
        good, lines = _sieve(row, made, answer, teacher)
        if lines:
            teacher.refuse(request_, lines[0]["reason"])
        kept += good
        ledger += lines
    return Sieved(kept, ledger), read, asked + more


def _sieve(row: Row, made: list[Row], answer: Answer, teacher: Teacher) -> Sieved[list[Row]]:
    if not made:
        why = unanswered(answer, "instance") or f"{reasons.NO_INSTANCE} could be read"
        return Sieved([], [entry(row, STAGE, "dropped", why)])
    spoiled = [one for one in made if control_token(one["input"] + one["output"], teacher.control_tokens)]
    lines = [entry(one, STAGE, "dropped", f"{reasons.CONTROL_TOKEN} in an instance") for one in spoiled]
    return Sieved([one for one in made if one not in spoiled], lines)


def _read(row: Row, wrote: dict[str, Any], answer: Answer, most: int) -> list[Row]:
    own, _, rest = answer["text"].partition("\nTask:")  # a teacher that goes on invents the next task
    read = instances(own, output_first=wrote["classification"], most=most)
    origin = {**row["origin"], "instruction_request": row["origin"]["request"], **wrote}
    rows = []
    for position, instance in enumerate(read):
        cut = answer["finish_reason"] == "length" and not rest and position == len(read) - 1
        rows.append(instance_row(row["instruction"], instance, {**origin, "finish_reason": "length" if cut else "stop"}))
    return rows


def instance_row(instruction: str, instance: Instance, origin: dict[str, Any]) -> Row:
    """A row of one example."""
    id_ = row_id(instruction, instance.input)
    return {"id": id_, "instruction": instruction, "input": instance.input, "output": instance.output, "origin": origin}
