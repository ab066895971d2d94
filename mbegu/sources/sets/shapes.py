"""A record of another shape as records of a question and an answer each: conversations, passages with questions, merged rows.

A conversation becomes one record for each answer, with the turns before it as input, so that each answer is learned once and
what stands before it is only read. Rows are of one turn; no loss needs a mask per turn.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from mbegu.sources.sets.record import Record
from mbegu.sources.sets.settings import Columns
from mbegu.text import reasons

CHATS = ("messages", "conversations", "conversation", "turns", "dialogue", "dialog")  # what sets call a conversation
ROLES = {
    "system": "system", "developer": "system", "human": "user", "user": "user", "prompter": "user", "question": "user",
    "assistant": "assistant", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant", "bing": "assistant",
    "bard": "assistant", "model": "assistant", "answer": "assistant", "function_call": "call", "tool_call": "call",
    "tool": "tool", "function": "tool", "observation": "tool", "function_response": "tool", "tool_response": "tool",
}  # fmt: skip
CALLS = ("tool_calls", "function_call")  # fields of a turn
# Where another row begins within an answer: "## 12. Instruction:", or "12. Instruction:" on a line of its own.
NEXT_ROW = re.compile(r"(?:#{1,6}[ \t]*|^[ \t]*)\d{1,6}[.)][ \t]*Instruction:[ \t]*", re.MULTILINE)
PART = re.compile(r"^[ \t]*#{0,6}[ \t]*(?:\d{1,6}[.)][ \t]*)?(Input|Output):[ \t]*", re.MULTILINE)
MERGED = "rows that a lost line end made one"

Turn = tuple[str, str]  # role and text


def shaped(record: Record, columns: Columns, context: Sequence[str], tools: bool) -> list[Record]:
    """The records that one record holds; most hold themselves, and so does one that would else hold none.

    Args:
        context: columns whose text goes before the input.
        tools: whether a call of a tool is an answer; else it is a fault.
    """
    turns = _conversation(record.values, columns)
    if turns is not None:
        found = list(_of_turns(record, turns, columns, context, tools))
        return found or [_record(record, columns, [], transcript(turns), "")]
    if columns.instruction not in record.values and _are_passages(record.values.get("paragraphs")):
        return list(_of_passages(record, columns)) or [_record(record, columns, [], "", "")]
    return list(_of_merged(_with_context(record, columns, context), columns))


def _are_passages(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and isinstance(one.get("qas"), list) for one in value)


def fields_of(record: Record, columns: Columns) -> dict[str, Any]:
    """The values of instruction, input and output; None for a column that is not named."""
    values = record.values
    return {key: values.get(column) if column else None for key, column in zip(Columns._fields, columns, strict=True)}


def transcript(value: Any) -> str:
    """A value as text that stands before a question: turns and pairs by speaker, other values as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and value and all(_is_pair(one) for one in value):
        value = [
            {"role": role, "content": text} for pair in value for role, text in zip(("user", "assistant"), pair, strict=True)
        ]
    if is_turns(value):
        return _written([(_role(turn), _said(turn) or "") for turn in value])
    return "" if value in ([], {}) else _json(value)


def is_turns(value: Any) -> bool:
    """Whether a value is a list of turns, each with a speaker."""
    return (
        isinstance(value, list) and bool(value) and all(isinstance(one, dict) and {"role", "from"} & one.keys() for one in value)
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(text, str) for text in value)


def _conversation(values: dict[str, Any], columns: Columns) -> list[dict[str, Any]] | None:
    """The turns of a record, or None if it is no conversation."""
    asked, answered = values.get(columns.instruction), values.get(columns.output)
    if is_turns(asked) or is_turns(answered):
        if columns.instruction == columns.output:
            return list(asked or [])
        return [*_turns(asked, "user"), *_turns(answered, "assistant")]
    if columns.instruction in values or columns.output in values:
        return None
    return next((values[name] for name in CHATS if is_turns(values.get(name))), None)


def _turns(value: Any, role: str) -> list[dict[str, Any]]:
    return value if is_turns(value) else [] if value is None else [{"role": role, "content": value}]


def _of_turns(
    record: Record, turns: list[dict[str, Any]], columns: Columns, context: Sequence[str], tools: bool
) -> Iterator[Record]:
    """A record for each answer, and for a question at the end that has none; those of one conversation descend from it."""
    if sum(_role(turn) in ("assistant", "call") for turn in turns) > 1:
        record = record._replace(parents=(record.where,))
    given = [transcript(record.values.get(name)) for name in context]
    before: list[Turn] = []  # all turns up to the question
    asked: list[str] = []  # what the user said last
    open_ = False  # whether it is not answered yet
    for turn in turns:
        role, text = _role(turn), _said(turn)
        if not role or text is None:
            yield _fault(record, turns, f"{reasons.WRONG_TYPE}: a turn of {_speaker(turn)!r} is not text alone")
            return
        call = role == "call" or any(turn.get(name) for name in CALLS)
        if role in ("assistant", "call"):
            text = _with_calls(turn, text) if call else text
            made = _record(record, columns, asked, _input(given, before, record, columns), text)
            yield made if tools or not call else made._replace(fault=reasons.TOOL_CALL, text="\n".join(asked))
            if open_:
                before.append(("user", "\n\n".join(asked)))
            before += [("assistant", text)] if tools or not call else []
            open_ = False
        elif role == "user":
            asked = [*asked, text] if open_ else [text]
            open_ = True
        else:
            before.append((role, text))
    if open_ or not turns:
        yield _record(record, columns, asked, _input(given, before, record, columns), "")


def _role(turn: dict[str, Any]) -> str:
    return ROLES.get(_speaker(turn).lower(), "")


def _speaker(turn: dict[str, Any]) -> str:
    return str(turn.get("role") or turn.get("from") or "")


def _said(turn: dict[str, Any]) -> str | None:
    """The text of a turn, "" if it has none, or None if it is more than text, such as a picture."""
    said = next((turn[name] for name in ("content", "value", "text") if turn.get(name) is not None), "")
    if isinstance(said, list) and all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in said):
        said = "\n".join(part["text"] for part in said)
    if isinstance(said, dict) and _role(turn) in ("call", "tool"):
        return _json(said)
    return said if isinstance(said, str) else None


def _with_calls(turn: dict[str, Any], text: str) -> str:
    calls = [_json(turn[name]) for name in CALLS if turn.get(name)]
    return "\n".join(filter(None, [text, *calls]))


def _input(given: list[str], before: list[Turn], record: Record, columns: Columns) -> str:
    own = record.values.get(columns.input) if columns.input else ""
    return "\n\n".join(filter(None, [*given, _written(before), transcript(own)]))


def _written(turns: Sequence[Turn]) -> str:
    return "\n\n".join(f"{role.capitalize()}: {text}" for role, text in turns if text)


def _record(record: Record, columns: Columns, asked: list[str], input_: str, output: Any) -> Record:
    return _with(record, dict.fromkeys(filter(None, columns)), "\n\n".join(asked), input_, output)


def _with(record: Record, values: dict[str, Any], instruction: Any, input_: Any, output: Any) -> Record:
    return record._replace(values=values, fields={"instruction": instruction, "input": input_, "output": output})


def _fault(record: Record, value: Any, fault: str) -> Record:
    return record._replace(values={}, fault=fault, text=_json(value))


def _of_passages(record: Record, columns: Columns) -> Iterator[Record]:
    """SQuAD as it is published (Rajpurkar et al. 2016): an article with paragraphs, each with questions."""
    for paragraph in record.values["paragraphs"]:
        for asked in filter(_is_object, paragraph["qas"]):
            texts = [answer.get("text", "") for answer in asked.get("answers") or [] if isinstance(answer, dict)]
            answers = {"text": texts, "answer_start": []}
            yield _record(record, columns, [str(asked.get("question") or "")], paragraph.get("context"), answers)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _with_context(record: Record, columns: Columns, context: Sequence[str]) -> Record:
    texts = [transcript(record.values.get(name)) for name in context]
    if not any(texts):
        return record
    own = transcript(record.values.get(columns.input) if columns.input else "")
    asked, answered = record.values.get(columns.instruction), record.values.get(columns.output)
    return _with(record, record.values, asked, "\n\n".join(filter(None, [*texts, own])), answered)


def _of_merged(record: Record, columns: Columns) -> Iterator[Record]:
    """The rows that a lost line end made one, as `## 12. Instruction:` within an answer tells."""
    fields = record.fields or fields_of(record, columns)
    output = fields["output"]
    own, *others = NEXT_ROW.split(output) if isinstance(output, str) and "Instruction:" in output else [""]
    if not others:
        yield record
        return
    yield _with(record, record.values, fields["instruction"], fields["input"], own)._replace(mended=MERGED)
    for other in others:
        instruction, *parts = PART.split(other)
        found = dict(zip(parts[::2], parts[1::2], strict=True))
        row = _with(record, record.values, instruction, found.get("Input", ""), found.get("Output", ""))
        yield row._replace(mended=MERGED)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
