"""Facts of a chunk: each with the words that support it, what it is about, its value, and questions in both directions.

Small statements that can be told in many ways are what a model remembers of a text (Lin et al. 2025, "Learning Facts at Scale
with Active Reading", arXiv 2508.09494); questions from the value back to its subject are there because a model that learned
"A is B" does not know that B is A (Berglund et al. 2023, arXiv 2309.12288).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mbegu.asking.memo import request_key
from mbegu.asking.replies import Asking, Item, Problem, Reply, ask
from mbegu.asking.samples import lost_lines
from mbegu.asking.teachers import Teacher, origin_of
from mbegu.metrics.standing import stands
from mbegu.rows.ledger import Entry, entry
from mbegu.sources.documents.founded import unfounded
from mbegu.sources.documents.overlap import overlaps
from mbegu.sources.documents.questions import MARKS, choose, source
from mbegu.sources.study.passages import Chunk, context
from mbegu.sources.study.settings import Study
from mbegu.text import reasons
from mbegu.text.quotes import locate
from mbegu.text.settings import Locale
from mbegu.text.words import fold, words

STAGE = "study"
KEYS = ("fact", "quote", "subject", "value", "question", "question_2", "back")
TOLD = {
    "fact": "one sentence that is true without the text, with the full name of what it is about",
    "quote": "the words of the text that support it, exactly as they stand there",
    "subject": "what it is about, as the text names it",
    "value": "what it says of that, as the text has it",
    "question": "a question whose answer is the value",
    "question_2": "the same question in other words",
    "back": "a question whose answer is the subject",
}


class Fact(NamedTuple):
    """A statement that held all checks."""

    chunk: Chunk
    said: dict[str, str]  # by `KEYS`
    span: tuple[int, int]  # of the quote, in the chunk's text
    wrote: dict[str, Any]  # who wrote it, as an origin says so

    @property
    def subject(self) -> str:
        """What it is about, folded, for comparison."""
        return fold(self.said["subject"]).casefold()


class Found(NamedTuple):
    """What came of a stage's question."""

    kept: list[Any]
    ledger: list[Entry]
    asked: int  # requests that the memo did not know
    fresh: int  # items that these were about


def schema(count: int, longest: int) -> dict[str, Any]:
    """JSON schema of {"facts": [{"fact", "quote", …}, …]}: up to `count`."""
    texts = {
        key: {"type": "string", "minLength": 1, "maxLength": 2 * longest if key == "quote" else longest, "description": told}
        for key, told in TOLD.items()
    }
    one = {"type": "object", "properties": texts, "required": list(KEYS), "additionalProperties": False}
    told = f"a list of up to {count} objects of {', '.join(KEYS)}"
    facts = {"type": "array", "minItems": 1, "maxItems": count, "items": one, "description": told}
    return {"type": "object", "properties": {"facts": facts}, "required": ["facts"], "additionalProperties": False}


def collect(chunks: Sequence[Chunk], how: Study, asking: Asking, teacher: Teacher, locale: Locale) -> Found:
    """The facts of each chunk that hold; a reply is asked for again if none of its facts does.

    Raises:
        BadInput: the template can't be rendered, or the teacher fails.
    """
    shape = {"schema": schema(how.facts, how.longest)}
    naming = wholes(chunks)
    chosen, beyond = choose(list(chunks), how.most_chunks)
    items = [Item({"source": source(one), "text": one["text"], "count": how.facts}, shape, ("text",)) for one in chosen]

    judged: dict[tuple[int, str], list[Problem | None]] = {}  # of each reply: the one that stays need not be the last

    def check(place: int, value: dict[str, Any]) -> Problem | None:
        found = [problem_of(said, chosen[place], naming, how, locale) for said in value["facts"]]
        judged[place, str(value)] = found
        return found[0] if all(found) else None

    replies, asked, fresh = ask(items, asking, check, teacher)
    kept: list[Fact] = []
    ledger = [entry(chunk, STAGE, "dropped", reasons.BEYOND_CHUNKS) for chunk in beyond]
    for place, (chunk, reply) in enumerate(zip(chosen, replies, strict=True)):
        ledger += lost_lines(chunk, reply.lost, STAGE)
        if reply.problem is not None:
            ledger.append(entry({**chunk, "problem": reply.problem.detail}, STAGE, "dropped", reply.problem.reason))
            continue
        facts, dropped = _sifted(chunk, reply, judged[place, str(reply.value)], teacher)
        kept += facts
        ledger += dropped
    return Found(kept, ledger, asked, fresh)


def _sifted(
    chunk: Chunk, reply: Reply, problems: list[Problem | None], teacher: Teacher
) -> tuple[list[Fact], list[Entry]]:  # fmt: skip
    """The facts of a reply that hold, and the ledger of the others.

    Args:
        problems: of each fact, in the order of the reply.
    """
    kept: list[Fact] = []
    ledger: list[Entry] = []
    wrote = {**origin_of(teacher, reply.answer), "request": request_key(reply.request)}
    told = set[str]()
    for said, problem in zip(reply.value["facts"], problems, strict=True):
        said = {key: fold(text) for key, text in said.items()}
        twice = Problem(reasons.FACT_TWICE, "two facts say the same") if said["fact"].casefold() in told else None
        problem = twice or problem
        if problem is None:
            told.add(said["fact"].casefold())
            kept.append(Fact(chunk, said, locate(said["quote"], chunk["text"]) or (0, 0), wrote))
            continue
        teacher.refuse(reply.request, f"{problem.reason}: {problem.detail}")
        ledger.append(entry({**chunk, "fact": said, "problem": problem.detail}, STAGE, "dropped", problem.reason))
    return kept, ledger


def wholes(chunks: Sequence[Chunk]) -> dict[str, str]:
    """The text of each document as far as it is trained on: what a statement about a part of it may name."""
    found: dict[str, list[str]] = {}
    for chunk in chunks:
        found.setdefault(chunk["document"], [context(chunk)]).append(chunk["text"])
    return {document: "\n".join(texts) for document, texts in found.items()}


def problem_of(said: dict[str, str], chunk: Chunk, naming: dict[str, str], how: Study, locale: Locale) -> Problem | None:
    """Why a fact does not hold: nothing supports it, it names what stands nowhere, or its questions ask for nothing."""
    text = chunk["text"]
    if cut := [key for key in KEYS if key != "quote" and len(said[key]) >= how.longest]:
        return Problem(reasons.ANSWER_CUT_OFF, f"{cut[0]} has {how.longest} characters; say it in one short sentence")
    if not words(said["quote"]) or locate(said["quote"], text) is None:
        return Problem(reasons.QUOTE_ELSEWHERE, f"{said['quote']!r} does not stand in the text; copy its words exactly")
    around = f"{text}\n{context(chunk)}"
    whole = naming[chunk["document"]]
    for key, there in (("subject", whole), ("value", around)):
        if not stands(said[key], there):
            return Problem(reasons.STANDS_NOWHERE, f"the {key} {said[key]!r} stands nowhere in the text")
    if problem := unfounded(" | ".join(said[key] for key in ("fact", "question", "question_2", "back")), around, locale, whole):
        return problem
    if not overlaps(said["fact"], around, how.precision):
        return Problem(reasons.ANSWER_ELSEWHERE, "the fact says more than the text; say it in the text's words")
    return _asks_nothing(said)


def _asks_nothing(said: dict[str, str]) -> Problem | None:
    """A question that is none, or that gives its answer away."""
    for key, answer in (("question", "value"), ("question_2", "value"), ("back", "subject")):
        if fold(said[key])[-1:] not in MARKS or len(words(said[key])) < 2:  # a word alone asks nothing
            return Problem(reasons.NO_QUESTION, f"{key} is no question; end it with a question mark")
        if _holds(said[key], said[answer]):
            return Problem(reasons.GIVES_AWAY, f"{key} holds its answer, the {answer}; ask without it")
    if fold(said["question"]).casefold() == fold(said["question_2"]).casefold():
        return Problem(reasons.QUESTION_TWICE, "question and question_2 are the same; ask in other words")
    return None


def _holds(text: str, part: str) -> bool:
    """Whether the words of a part stand in a text, one behind the other."""
    told, wanted = words(text), words(part)
    return any(told[start : start + len(wanted)] == wanted for start in range(len(told) - len(wanted) + 1))
