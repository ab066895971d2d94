"""The teacher's part: drafts of answers to seed instructions."""

from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import request_key
from mbegu.asking.prompts import Prompt, refuse_control_tokens, render
from mbegu.asking.teachers import Teacher, request, signature
from mbegu.errors import BadInput
from mbegu.rows.row import Row


def draft(rows: list[Row], prompt: Prompt, decoding: Decoding, teacher: Teacher) -> tuple[list[Row], int]:
    """Answers each row.

    Returns:
        The rows with `output` and an origin of kind "generated", and how many requests the memo did not know.

    Raises:
        BadInput: a row holds a control token, or the teacher fails.
    """
    requests = [request(teacher, _text(row, prompt, teacher), prompt.chat, decoding) for row in rows]
    answers, asked = teacher.ask(requests)
    drafted = []
    for row, asked_for, answer in zip(rows, requests, answers, strict=True):
        origin = {
            **row["origin"],
            "kind": "generated",
            "teacher": signature(teacher),
            "request": request_key(asked_for),
            "finish_reason": answer["finish_reason"],
        }
        drafted.append({**row, "output": answer["text"], "origin": origin})
    return drafted, asked


def fill(rows: list[Row], drafts: list[Row]) -> list[Row]:
    """`rows` in their order, each replaced by its draft where there is one."""
    by_id = {row["id"]: row for row in drafts}
    return [by_id.get(row["id"], row) for row in rows]


def _text(row: Row, prompt: Prompt, teacher: Teacher) -> str:
    text = render(prompt, row["instruction"], row["input"])
    try:
        refuse_control_tokens(text, teacher.control_tokens)
    except BadInput as error:
        raise BadInput(f"{row['origin'].get('source', row['id'])}: {error}") from None
    return text
