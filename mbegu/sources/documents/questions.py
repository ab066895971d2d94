"""Questions about chunks of documents, each a row without an answer."""

from typing import Any

from mbegu.asking.memo import request_key
from mbegu.asking.replies import Asking, Item, Problem, Reply, ask
from mbegu.asking.samples import lost_lines
from mbegu.asking.teachers import Teacher, origin_of
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import Row, row_id
from mbegu.sources.documents.founded import strange_digits
from mbegu.sources.documents.overlap import overlaps
from mbegu.sources.documents.settings import Question
from mbegu.text import reasons
from mbegu.text.alike import Index
from mbegu.text.draws import rank
from mbegu.text.words import fold, words

STAGE = "question"
ALIKE = 0.7  # ROUGE-L F1 above which two questions about a chunk are one; Self-Instruct's threshold (arXiv 2212.10560, §2.2)
SHORTEST = 2  # characters between the first and the mark; "ማን ነው?" has 4
FIRST = r"[^\s!-@\[-`{-~]"  # no white space, ASCII mark or digit; \w of JSON Schema is ASCII alone
MARKS = "?？؟፧՞"

_Chunk = dict[str, Any]


def schema(count: int, longest: int, least: int = 1) -> dict[str, Any]:
    """JSON schema of {"question_1": …, …}: `least` to `count` texts of at most `longest` characters, each with one question
    mark, at its end. Not every passage answers as many as are asked for."""
    pattern = rf"^{FIRST}[^{MARKS}\n]{{{SHORTEST},{longest - 2}}}[{MARKS}]$"
    told = f"a question of one line and less than {longest} characters with one question mark, at its end"
    text = {"type": "string", "pattern": pattern, "description": told}
    keys = [f"question_{number}" for number in range(1, count + 1)]
    return {"type": "object", "properties": dict.fromkeys(keys, text), "required": keys[:least], "additionalProperties": False}


def choose(chunks: list[_Chunk], most: int) -> tuple[list[_Chunk], list[_Chunk]]:
    """At most `most` chunks (0 for all) by rank of a hash of their ids, in their order, and the others."""
    ranked = sorted(chunks, key=lambda chunk: rank(f"chunk {chunk['id']}"))
    chosen = {chunk["id"] for chunk in (ranked[:most] if most else ranked)}
    return [chunk for chunk in chunks if chunk["id"] in chosen], [chunk for chunk in chunks if chunk["id"] not in chosen]


def problem_of(questions: list[str], passage: str, precision: float, longest: int) -> Problem | None:
    """Two questions that ask the same, or one that was cut off or has too few of the passage's words."""
    if problem := cut_off(questions, longest):
        return problem
    for number, text in enumerate(questions, 1):
        if not overlaps(text, passage, precision):
            detail = f"question {number} is about something else; ask in the words of the text"
            return Problem(reasons.QUESTION_ELSEWHERE, detail)
    return alike(questions)


def cut_off(questions: list[str], longest: int) -> Problem | None:
    """A question that only the schema put an end to."""
    for number, text in enumerate(questions, 1):
        if len(text) >= longest:
            return Problem(reasons.QUESTION_CUT_OFF, f"question {number} has {longest} characters; ask it in one short sentence")
    return None


def alike(questions: list[str]) -> Problem | None:
    """Two questions that ask the same, or one without a word."""
    index = Index()
    for number, text in enumerate(questions, 1):
        tokens = words(text)
        if not tokens:
            return Problem(reasons.QUESTION_WITHOUT_WORDS, f"question {number} has no word")
        near = index.nearest(tokens, ALIKE)
        if near is not None:
            return Problem(reasons.QUESTION_TWICE, f"questions {near.position + 1} and {number} ask the same")
        index.add(tokens)
    return None


def invent(chunks: list[_Chunk], how: Question, asking: Asking, teacher: Teacher) -> tuple[Sieved[list[Row]], int, int]:
    """Up to `how.count` questions about each chunk, as rows whose input is the chunk and whose parent is its document.

    Returns:
        The rows and the ledger of chunks without questions, how many requests the memo did not know, and how many chunks
        these were about.

    Raises:
        BadInput: the template can't be rendered, or the teacher fails.
    """
    chosen, beyond = choose(chunks, how.most_chunks)
    items = _items(chosen, how.count, schema(how.count, how.longest))

    def check(place: int, value: dict[str, str]) -> Problem | None:
        asked = list(value.values())
        problem = problem_of(asked, chosen[place]["text"], how.precision, how.longest)
        return problem or (strange_digits(" ".join(asked), chosen[place]["text"]) if teacher.samples > 1 else None)

    replies, asked, fresh = ask(items, asking, check, teacher)
    ledger = [entry(chunk, STAGE, "dropped", reasons.BEYOND_CHUNKS) for chunk in beyond]
    rows = []
    for chunk, reply in zip(chosen, replies, strict=True):
        ledger += lost_lines(chunk, reply.lost, STAGE)
        if reply.problem is not None:
            ledger.append(entry({**chunk, "problem": reply.problem.detail}, STAGE, "dropped", reply.problem.reason))
            continue
        origin = _origin(chunk, reply, teacher)
        rows += [_row(fold(text), chunk["text"], origin) for text in reply.value.values()]
    return Sieved(rows, ledger), asked, fresh


def invent_unanswerable(
    chunks: list[_Chunk], how: Question, asking: Asking, teacher: Teacher
) -> tuple[Sieved[list[Row]], int, int]:
    """Up to `how.unanswerable` questions about each chunk's subject that the chunk does not answer, as rows with
    `origin.answerable` false. A teacher may find none, and then says {}.

    Returns:
        As `invent`.
    """
    if not how.unanswerable:
        return Sieved([], []), 0, 0
    chosen, _ = choose(chunks, how.most_chunks)
    items = _items(chosen, how.unanswerable, schema(how.unanswerable, how.longest, 0))

    def check(_: int, value: dict[str, str]) -> Problem | None:
        return cut_off(list(value.values()), how.longest) or alike(list(value.values()))

    replies, asked, fresh = ask(items, asking, check, teacher)
    rows, ledger = [], []
    for chunk, reply in zip(chosen, replies, strict=True):
        ledger += lost_lines(chunk, reply.lost, STAGE)
        if reply.problem is not None:
            ledger.append(entry({**chunk, "problem": reply.problem.detail}, STAGE, "dropped", reply.problem.reason))
            continue
        origin = {**_origin(chunk, reply, teacher), "answerable": False}
        rows += [_row(fold(text), chunk["text"], origin) for text in reply.value.values()]
    return Sieved(rows, ledger), asked, fresh


def join(answerable: list[Row], others: list[Row]) -> Sieved[list[Row]]:
    """All questions, those about one passage side by side. One that is asked both ways is taken for answerable: only an
    answer can show which it is.

    Args:
        others: of `invent_unanswerable`.
    """
    known = {row["id"]: row for row in answerable}
    both = [row for row in others if row["id"] in known]
    ledger = [entry(row, STAGE, "dropped", reasons.ANSWERABLE, 1.0, row["id"]) for row in both]
    places: dict[str, int] = {}
    for row in (*answerable, *others):
        places.setdefault(row["origin"]["chunk"], len(places))
    rows = [*answerable, *(row for row in others if row["id"] not in known)]
    return Sieved(sorted(rows, key=lambda row: places[row["origin"]["chunk"]]), ledger)


def _items(chunks: list[_Chunk], count: int, schema: dict[str, Any]) -> list[Item]:
    values = [{"source": source(chunk), "text": chunk["text"], "count": count} for chunk in chunks]
    return [Item(one, {"schema": schema}, ("text",)) for one in values]


def _origin(chunk: _Chunk, reply: Reply, teacher: Teacher) -> dict[str, Any]:
    place = {"parents": [chunk["document"]], "source": source(chunk), "chunk": chunk["id"]}
    return {"kind": "document", **place, **origin_of(teacher, reply.answer), "question_request": request_key(reply.request)}


def source(chunk: _Chunk) -> str:
    """Where a chunk stands, for people: "hr/travel.md#Per diem"."""
    return f"{chunk['path']}#{chunk['anchor']}" if chunk["anchor"] else str(chunk["path"])


def _row(instruction: str, input_: str, origin: dict[str, Any]) -> Row:
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": "", "origin": origin}
