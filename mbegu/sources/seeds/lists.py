"""Reads what a teacher wrote as a list: numbered instructions, and examples of a task."""

from typing import NamedTuple

import regex

# "9.", "9)", "(9)", "**9.**", "Task 9:", "Instruction 9:", "፱." (any script's digits), at the start of a line
ITEM = regex.compile(
    r"^[ \t>*_#-]*(?:(?:task|instruction|question|swali|ጥያቄ)\s*)?\(?\p{N}{1,3}[ \t]*[.):፡።፦-](?!\p{N})(?:[ \t*_]*(?=\S)|[ \t]*$)",
    regex.MULTILINE | regex.IGNORECASE,
)
LABEL = regex.compile(r"^[*_\"'“]*(?:task|instruction|question)[*_]*\s*[:：]\s*[*_]*", regex.IGNORECASE)


def numbered(text: str, *, continued: bool) -> list[str]:
    """The items of a numbered list, as written: casing, script and marks are kept, numbers and wrapping quotes are not.

    Args:
        text: an answer; items may span lines, and what stands before the first number is no item.
        continued: the prompt ended with a number, so the text before the first number is an item itself.
    """
    parts = ITEM.split(text)
    items = parts if continued else parts[1:]
    return [item for item in (_clean(part) for part in items) if item]


def _clean(item: str) -> str:
    lines = regex.split(r"\n[ \t]*\n", item.strip())[0].split("\n")
    text = LABEL.sub("", " ".join(" ".join(lines).split())).strip("*_ \t")
    for opening, closing in (('"', '"'), ("“", "”"), ("«", "»"), ("'", "'")):
        if len(text) > 1 and text[0] == opening and text[-1] == closing and opening not in text[1:-1]:
            text = text[1:-1].strip()
    return text


class Instance(NamedTuple):
    """One example of a task."""

    input: str
    output: str


FIELD = regex.compile(
    r"^[ \t*_#>-]*(input|output|class label|label|answer|example)\s*\d*[*_]*\s*[:：.]?[*_]*[ \t]*",
    regex.MULTILINE | regex.IGNORECASE,
)
NO_INPUT = {"", "none", "n/a", "noinput", "no input", "<noinput>", "(none)"}


def instances(text: str, *, output_first: bool, most: int) -> list[Instance]:
    """The examples in an answer to an instance prompt, at most `most`, in their order.

    Input first: "Input: … Output: …", or an output alone; output first: "Class label: … Input: …".
    An example without an output is left out.
    """
    found: list[Instance] = []
    fields = _fields(text)
    pending: dict[str, str] = {}
    ends = "input" if output_first else "output"
    for name, value in fields:
        if name in pending:  # a new example begins before the last one was whole
            pending = {}
        pending[name] = value
        if name == ends:
            found += _instance(pending)
            pending = {}
    if output_first:
        found += _instance(pending)
    return found[:most]


def _fields(text: str) -> list[tuple[str, str]]:
    parts = FIELD.split(text)
    fields = [("output", parts[0].strip())] if parts[0].strip() else []
    for label, value in zip(parts[1::2], parts[2::2], strict=True):
        name = {"class label": "output", "label": "output", "answer": "output"}.get(label.lower(), label.lower())
        if name != "example":
            fields.append((name, value.strip()))
    return fields


def _instance(fields: dict[str, str]) -> list[Instance]:
    input_ = fields.get("input", "")
    if not fields.get("output"):
        return []
    return [Instance("" if input_.casefold().strip("<>().") in NO_INPUT else input_, fields["output"])]


def is_yes(text: str) -> bool:
    """Whether an answer to a yes-or-no question begins with yes; anything else is no."""
    return regex.match(r"[\s*_\"'(]*(yes|ndiyo|ndio|አዎ)\b", text, regex.IGNORECASE) is not None


class Triple(NamedTuple):
    """A task with its input and answer, as one request for all three gives it."""

    instruction: str
    input: str
    output: str


def triples(text: str) -> list[Triple]:
    """Instruction, input and output, again and again; the answer continues after "Instruction:"."""
    parts = regex.split(
        r"(?:^|\n)[ \t*_#]*(?:\p{N}{1,3}\s*[.)]\s*)?[*_]*instruction[*_]*\s*[:：]", "\n" + text, flags=regex.IGNORECASE
    )
    found = []
    for part in parts:
        fields = dict(reversed([("instruction", FIELD.split(part)[0].strip()), *_fields_after(part)]))
        if fields["instruction"]:
            input_ = fields.get("input", "")
            given = "" if input_.casefold().strip("<>().") in NO_INPUT else input_
            found.append(Triple(_clean(fields["instruction"]), given, fields.get("output", "")))
    return found


def _fields_after(part: str) -> list[tuple[str, str]]:
    pieces = FIELD.split(part)
    return [(label.lower(), value.strip()) for label, value in zip(pieces[1::2], pieces[2::2], strict=True)]
