"""The teacher's part: drafts of answers to seed instructions."""

from typing import Any

from mbegu.asking.about import about
from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import request_key
from mbegu.asking.prompts import Prompt, refuse_control_tokens, render
from mbegu.asking.teachers import Teacher, origin_of, request, unanswered
from mbegu.errors import BadInput
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import Row
from mbegu.sources.seeds.settings import STAGE


def draft(rows: list[Row], prompt: Prompt, decoding: Decoding, teacher: Teacher) -> tuple[Sieved[list[Row]], int]:
    """Answers each row.

    Returns:
        The rows with `output` and an origin of kind "generated", and the ledger of those that got no answer; how
        many requests the memo did not know.

    Raises:
        BadInput: a row holds a control token, or the teacher fails.
    """
    requests = [request(teacher, _text(row, prompt, teacher), prompt.chat, decoding, about=_about(row, prompt)) for row in rows]
    answers, asked = teacher.ask(requests)
    drafted, ledger = [], []
    for row, asked_for, answer in zip(rows, requests, answers, strict=True):
        if why := unanswered(answer):
            lost = {**row, "origin": {**row["origin"], "kind": "generated"}}
            ledger.append(entry(lost, STAGE, "dropped", why))
            continue
        origin = {
            **row["origin"],
            "kind": "generated",
            **origin_of(teacher, answer),
            "request": request_key(asked_for),
            "finish_reason": answer["finish_reason"],
        }
        drafted.append({**row, "output": answer["text"], "origin": origin})
    return Sieved(drafted, ledger), asked


def _about(row: Row, prompt: Prompt) -> dict[str, Any]:
    return about("draft", prompt.template, instruction=row["instruction"], input=row["input"])


def fill(rows: list[Row], drafts: Sieved[list[Row]]) -> list[Row]:
    """`rows` in their order, each replaced by its draft where there is one, without those that got none."""
    by_id, without = {row["id"]: row for row in drafts.kept}, {line["id"] for line in drafts.ledger}
    return [by_id.get(row["id"], row) for row in rows if row["id"] not in without]


def _text(row: Row, prompt: Prompt, teacher: Teacher) -> str:
    text = render(prompt, row["instruction"], row["input"])
    try:
        refuse_control_tokens(text, teacher.control_tokens)
    except BadInput as error:
        raise BadInput(f"{row['origin'].get('source', row['id'])}: {error}") from None
    return text
