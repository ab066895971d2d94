"""Questions about chunks of documents, each a row without an answer."""

from typing import Any, NamedTuple

import diskcache

from mbegu.asking.memo import request_key
from mbegu.asking.replies import Asking, Item, Problem, ask
from mbegu.asking.teachers import Teacher
from mbegu.metrics.faithfulness import k_precision
from mbegu.rows.ledger import entry
from mbegu.rows.row import Row, row_id
from mbegu.sources.seeds.drafts import name
from mbegu.text.alike import Index
from mbegu.text.draws import rank
from mbegu.text.words import fold, words

STAGE = "question"
ALIKE = 0.7  # ROUGE-L F1 above which two questions about a chunk are one; Self-Instruct's threshold (arXiv 2212.10560, §2.2)
SHORTEST = 2  # characters between the first and the mark; "ማን ነው?" has 4
FIRST = r"[^\s!-@\[-`{-~]"  # no white space, ASCII mark or digit; \w of JSON Schema is ASCII alone
MARKS = "?？؟፧՞"

Chunk = dict[str, Any]


class Asked(NamedTuple):
    """What the teacher asked about chunks."""

    rows: list[Row]
    ledger: list[dict[str, Any]]  # chunks without questions
    asked: int  # requests that the memo did not know
    fresh: int  # chunks that at least one of them was about


def schema(count: int, longest: int) -> dict[str, Any]:
    """JSON schema of {"question_1": …, …}: exactly `count` texts of at most `longest` characters, each with one question
    mark, at its end."""
    text = {"type": "string", "pattern": rf"^{FIRST}[^{MARKS}\n]{{{SHORTEST},{longest - 2}}}[{MARKS}]$"}
    keys = [f"question_{number}" for number in range(1, count + 1)]
    return {"type": "object", "properties": dict.fromkeys(keys, text), "required": keys, "additionalProperties": False}


def choose(chunks: list[Chunk], most: int) -> tuple[list[Chunk], list[Chunk]]:
    """At most `most` chunks (0 for all) by rank of a hash of their ids, in their order, and the others."""
    ranked = sorted(chunks, key=lambda chunk: rank(f"chunk {chunk['id']}"))
    chosen = {chunk["id"] for chunk in (ranked[:most] if most else ranked)}
    return [chunk for chunk in chunks if chunk["id"] in chosen], [chunk for chunk in chunks if chunk["id"] not in chosen]


def problem_of(questions: list[str], passage: str, precision: float, longest: int) -> Problem | None:
    """Two questions that ask the same, or one that was cut off or has too few of the passage's words."""
    for number, text in enumerate(questions, 1):
        if len(text) >= longest:  # only the schema put an end to it
            return Problem("question cut off", f"question {number} has {longest} characters; ask it in one short sentence")
        if k_precision(text, passage) < precision:
            detail = f"question {number} is about something else; ask in the words of the text"
            return Problem("question about something else", detail)
    return alike(questions)


def alike(questions: list[str]) -> Problem | None:
    """Two questions that ask the same, or one without a word."""
    index = Index()
    for number, text in enumerate(questions, 1):
        tokens = words(text)
        if not tokens:
            return Problem("question without words", f"question {number} has no word")
        near = index.nearest(tokens, ALIKE)
        if near is not None:
            return Problem("the same question twice", f"questions {near.position + 1} and {number} ask the same")
        index.add(tokens)
    return None


def invent(
    chunks: list[Chunk], most: int, count: int, longest: int, precision: float, asking: Asking, memo: diskcache.Cache,
    teacher: Teacher,
) -> Asked:  # fmt: skip
    """`count` questions about each chunk, as rows whose input is the chunk and whose parent is its document.

    Args:
        most: chunks that are asked about; 0 for all. The others go into the ledger.
        longest: characters of a question.
        precision: least share of a question's words that its chunk holds.

    Raises:
        BadInput: the template can't be rendered, or the teacher fails.
    """
    chosen, beyond = choose(chunks, most)
    shape = {"schema": schema(count, longest)}
    items = [Item({"source": source(chunk), "text": chunk["text"], "count": count}, shape) for chunk in chosen]

    def check(place: int, value: dict[str, str]) -> Problem | None:
        return problem_of(list(value.values()), chosen[place]["text"], precision, longest)

    replies = ask(items, asking, check, teacher, memo)
    ledger = [entry(chunk, STAGE, "dropped", "beyond the number of chunks") for chunk in beyond]
    rows = []
    for chunk, value, asked, problem in zip(chosen, replies.values, replies.requests, replies.problems, strict=True):
        if problem is not None:
            ledger.append(entry({**chunk, "problem": problem.detail}, STAGE, "dropped", problem.reason))
            continue
        origin = {
            "kind": "document", "parents": [chunk["document"]], "source": source(chunk), "chunk": chunk["id"],
            "teacher": name(teacher), "question_request": request_key(asked),
        }  # fmt: skip
        rows += [_row(fold(text), chunk["text"], origin) for text in value.values()]
    return Asked(rows, ledger, replies.asked, replies.fresh)


def source(chunk: Chunk) -> str:
    """Where a chunk stands, for people: "hr/travel.md#Per diem"."""
    return f"{chunk['path']}#{chunk['anchor']}" if chunk["anchor"] else str(chunk["path"])


def _row(instruction: str, input_: str, origin: dict[str, Any]) -> Row:
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": "", "origin": origin}
