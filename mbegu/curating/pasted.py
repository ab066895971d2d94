"""Prompt templates and turn marks that were pasted around a row, told from a text that is about them."""

import regex

from mbegu.rows.row import Row
from mbegu.text.trimming import trim
from mbegu.text.words import fold

# A heading of the common prompt templates, at the start of a line and with a colon or alone on it.
HEADING = regex.compile(
    r"^[ \t]*#{2,4}[ \t]*(Instruction|Question|Input|Context|Response|Answer)[ \t]*(?::|$)", regex.MULTILINE | regex.IGNORECASE
)
PARTS = {"question": "instruction", "context": "input", "answer": "response"}  # the same part by another name
ORDERS = (["instruction"], ["instruction", "response"], ["instruction", "input"], ["instruction", "input", "response"])
PREAMBLE = regex.compile(r"\s*(?:Below is an? (?:instruction|question)\b.*)?", regex.DOTALL | regex.IGNORECASE)
BLOCK = regex.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n.*?^[ \t]*\1[ \t]*$", regex.DOTALL | regex.MULTILINE)  # of code
# Marks that nothing but a model's template has, wherever they stand: a tokenizer would read them as the end of a turn
MARK = regex.compile(r"<\|[\w ]{1,40}\|>|<(?:start|end)_of_turn>")
# Those that texts are about, too: HTML strikes text by <s>. "<s> marks the start" and "it ends with </s>" speak of them.
OPENING = regex.compile(
    r"\s*(?:(<s>|\[INST\])(?![ \t]*\p{Ll})|(\[INST\])(?=.*\[/INST\]\s*$|\s*\S+\s+\S.*\[/INST\])|(<<SYS>>))", regex.DOTALL
)
CLOSING = regex.compile(r"(?:\S|[^\w\s]\s*|\n\s*)(</s>|\[/INST\]|<</SYS>>)$")
NEXT_TURN = regex.compile(r"</s>(?=\s*(?:<s>\s*)?\[INST\])")
STRUCK = regex.compile(r"<s>(?!\s*\[INST\])(?:(?!</?s>).)*</s>", regex.DOTALL)


def unwrap(row: Row) -> Row | None:
    """A row without the prompt template that was pasted around it, or None if its question and answer can't be told.

    Headings in a block of code, behind a line that ends with a colon, or of no instruction are what the text is about.
    """
    output = row["output"]
    heading = HEADING.match(output)
    if heading and _part(heading[1]) == "response":
        output = trim(output[heading.end() :])
    input_ = HEADING.search(row["input"])
    if (input_ and not row["input"][: input_.start()].strip()) or _holds_a_row(output):
        return None
    preamble, *parts = HEADING.split(row["instruction"])
    if not parts or _is_about(preamble, parts, row["instruction"]):
        return {**row, "output": output}
    names, texts = [_part(name) for name in parts[::2]], [trim(text) for text in parts[1::2]]
    given = dict(zip(names, texts, strict=True))
    conflict = [given.get("input", ""), row["input"]], [given.get("response", ""), output]
    if names not in ORDERS or not PREAMBLE.fullmatch(preamble) or any(_differ(*pair) for pair in conflict):
        return None
    return {**row, "instruction": given["instruction"], "input": given.get("input") or row["input"], "output": output}


def _is_about(preamble: str, parts: list[str], text: str) -> bool:
    if PREAMBLE.fullmatch(preamble):
        return False
    names = [_part(name) for name in parts[::2]]
    return "instruction" not in names or preamble.rstrip().endswith(":") or not HEADING.search(BLOCK.sub("", text))


def _holds_a_row(output: str) -> bool:
    """Whether another row follows the answer, or a template stands around it."""
    before, *parts = HEADING.split(BLOCK.sub("", output))
    names = [_part(name) for name in parts[::2]]
    if "instruction" not in names or "response" not in names[names.index("instruction") :]:
        return False
    return not before.rstrip().endswith(":")


def _part(heading: str) -> str:
    return PARTS.get(heading.lower(), heading.lower())


def _differ(first: str, second: str) -> bool:
    return bool(fold(first) and fold(second) and fold(first) != fold(second))


def turn_mark(text: str) -> str | None:
    """The first mark of a model's template that stands around a text or between its turns; None if it only speaks of some."""
    spoken = BLOCK.sub("", text)
    rest = STRUCK.sub("", spoken)
    end = rest.rstrip()[-20:]
    found = [MARK.search(text), OPENING.match(rest), CLOSING.search(end), NEXT_TURN.search(spoken)]
    return next((match[match.lastindex or 0] for match in found if match), None)
