"""Answers that quote the words of a passage which support them, and rows whose passage does not hold the answer.

That a model shall answer from what it is given, or say that it can't, is learned from both kinds: see Rajpurkar et al. 2018,
"Know What You Don't Know: Unanswerable Questions for SQuAD" (arXiv 1806.03822), who add such questions at a known rate.
"""

from typing import Any

from mbegu.asking.memo import request_key
from mbegu.asking.replies import Asking, Item, Problem, Reply, ask
from mbegu.asking.samples import lost_lines
from mbegu.asking.teachers import Teacher, origin_of
from mbegu.metrics.abstention import abstains
from mbegu.metrics.faithfulness import k_precision
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.lineage import side
from mbegu.rows.row import Row, row_id
from mbegu.sources.documents.founded import unfounded
from mbegu.sources.documents.overlap import overlaps
from mbegu.sources.documents.settings import Answer
from mbegu.text import reasons
from mbegu.text.draws import rank, share
from mbegu.text.quotes import locate
from mbegu.text.settings import Locale
from mbegu.text.words import fold, words

STAGE = "answer"
ENDS = ".! ።"  # what may follow it
ECHO = 0.5  # share of a question's words


def schema(longest: int) -> dict[str, Any]:
    """JSON schema of {"quote": words of the passage, "answer": at most `longest` characters}."""
    texts = {"quote": {"type": "string"}, "answer": {"type": "string", "minLength": 1, "maxLength": longest}}
    return {"type": "object", "properties": texts, "required": ["quote", "answer"], "additionalProperties": False}


def answer(rows: list[Row], how: Answer, asking: Asking, teacher: Teacher, locale: Locale) -> tuple[Sieved[list[Row]], int, int]:
    """Answers each row from its `input` alone; `origin.span` says where in it the supporting words stand. Nobody is asked
    where `origin.answerable` is false.

    Args:
        locale: how the project says that it does not know; an answer that says so in other words becomes it.

    Returns:
        The answered rows and the ledger of questions whose answer was no good, how many requests the memo did not know, and
        how many questions these were about.

    Raises:
        BadInput: the template can't be rendered, or the teacher fails.
    """
    answerable = [row for row in rows if row["origin"].get("answerable", True)]

    def check(place: int, value: dict[str, str]) -> Problem | None:
        problem = problem_of(answerable[place], value, how.longest, locale)
        if problem or teacher.samples == 1 or is_unknown(value["answer"], locale):
            return problem
        row = answerable[place]
        return unfounded(value["answer"], f"{row['input']}\n{row['instruction']}\n{row['origin']['source']}", locale)

    replies, asked, fresh = ask([_item(row, how.longest, locale.unknown) for row in answerable], asking, check, teacher)
    found = iter(replies)
    kept, ledger = [], []
    for row in rows:
        if not row["origin"].get("answerable", True):
            kept.append({**row, "output": locale.unknown, "origin": {**row["origin"], "span": None}})
            continue
        read, dropped = _sorted(row, next(found), how, teacher, locale)
        kept += read
        ledger += dropped
    return Sieved(kept, ledger), asked, fresh


def _sorted(row: Row, reply: Reply, how: Answer, teacher: Teacher, locale: Locale) -> Sieved[list[Row]]:
    """A row with the reply to it, kept or dropped, and the samples that lost to it."""
    lost = lost_lines(row, reply.lost, STAGE)
    if reply.problem is not None:
        noted = {**row, "origin": {**row["origin"], "problem": reply.problem.detail}}
        return Sieved([], [*lost, entry(noted, STAGE, "dropped", reply.problem.reason)])
    unknown = locale.unknown
    text = unknown if is_unknown(reply.value["answer"], locale) else fold(reply.value["answer"])
    if text == unknown and not how.keep_unknown:
        teacher.refuse(reply.request, reasons.UNKNOWN)
        return Sieved([], [*lost, entry(row, STAGE, "dropped", reasons.UNKNOWN)])
    if text != unknown and not overlaps(text, row["input"], how.precision):
        score = k_precision(text, row["input"])
        teacher.refuse(reply.request, f"{reasons.ANSWER_ELSEWHERE}: {score:.2f} of its words stand there")
        return Sieved([], [*lost, entry({**row, "output": text}, STAGE, "dropped", reasons.ANSWER_ELSEWHERE, score)])
    span = None if text == unknown else locate(reply.value["quote"], row["input"])
    return Sieved([_answered(row, text, span, teacher, reply)], lost)


def _item(row: Row, longest: int, unknown: str) -> Item:
    values = {"source": row["origin"]["source"], "text": row["input"], "question": row["instruction"], "unknown": unknown}
    shape = {"schema": schema(longest), "passage": row["input"], "unknown": unknown, "longest": longest}
    return Item(values, shape, ("text", "question"))


def _answered(row: Row, text: str, span: tuple[int, int] | None, teacher: Teacher, reply: Reply) -> Row:
    wrote = {**origin_of(teacher, reply.answer), "request": request_key(reply.request)}
    origin = {**row["origin"], "span": list(span) if span else None, **wrote}
    return {**row, "output": text, "origin": origin}


def is_unknown(text: str, locale: Locale) -> bool:
    """Whether an answer says that the passage does not hold it, in the project's words or in others."""
    return _plain(text).rstrip(ENDS) == _plain(locale.unknown).rstrip(ENDS) or abstains(text, locale)


def _plain(text: str) -> str:
    return fold(text).replace("’", "'").casefold()


def problem_of(row: Row, value: dict[str, str], longest: int, locale: Locale) -> Problem | None:
    """An answer that is none, or that no quote of the row's `input` supports."""
    text = value["answer"]
    if is_unknown(text, locale):
        return None
    if _plain(locale.unknown).rstrip(ENDS) in _plain(text):
        return Problem(reasons.HALF_ANSWER, f'answer the question, or say exactly "{locale.unknown}"')
    if len(text) >= longest:  # only the schema put an end to it
        return Problem(reasons.ANSWER_CUT_OFF, f"the answer has {longest} characters; answer in one short sentence")
    return _without_content(row["instruction"], text) or _unsupported(row["input"], value["quote"])


def _without_content(question: str, text: str) -> Problem | None:
    said, asked = set(words(text)), set(words(question))
    if not said:
        return Problem(reasons.ANSWER_WITHOUT_WORDS, "the answer has no word")
    if said <= asked and len(said) > ECHO * len(asked):  # fewer may be a choice that the question offers
        return Problem(reasons.ANSWER_REPEATS, "the answer only repeats the question; say what the text says")
    return None


def _unsupported(passage: str, quote: str) -> Problem | None:
    if not words(quote):
        return Problem(reasons.ANSWER_WITHOUT_QUOTE, "quote the words of the passage that support the answer")
    if locate(quote, passage) is None:
        return Problem(reasons.QUOTE_ELSEWHERE, "the quote does not stand in the passage; copy its words exactly")
    return None


def unanswerable(rows: list[Row], rate: float, validation: float, unknown: str) -> list[Row]:
    """Questions put to a passage of another document, to which the answer is `unknown`.

    Args:
        rows: answered ones; a share of them, by a hash of their ids, is asked of another passage too.
        rate: share of the result and `rows` together that shall be unanswerable, in expectation; below 1.
        validation: as `train.validation`; both documents lie on the same side of that split.
    """
    passages = sorted({row["input"]: row for row in rows}.values(), key=lambda row: str(row["origin"]["chunk"]))
    made = []
    for row in rows:
        if row["output"] == unknown or share(f"unanswerable {row['id']}") >= rate / (1 - rate):
            continue
        fitting = [other for other in passages if _fits(row, other, validation)]
        if fitting:
            other = min(fitting, key=lambda other: rank(f"{row['id']} {other['origin']['chunk']}"))
            made.append(_elsewhere(row, other, unknown))
    return list({row["id"]: row for row in made}.values())


def _fits(row: Row, other: Row, validation: float) -> bool:
    mine, theirs = row["origin"]["parents"], other["origin"]["parents"]
    if set(mine) & set(theirs) or side([*mine, *theirs], validation) == "neither":
        return False
    start, end = row["origin"]["span"]
    return locate(row["input"][start:end], other["input"]) is None


def _elsewhere(row: Row, other: Row, unknown: str) -> Row:
    parents = sorted({*row["origin"]["parents"], *other["origin"]["parents"]})
    place = {key: other["origin"][key] for key in ("source", "chunk")} | {
        key: row["origin"][key] for key in ("teacher", "recording") if key in row["origin"]
    }
    origin = {"kind": "document", "parents": parents, **place, "question_of": row["id"], "span": None}
    id_ = row_id(row["instruction"], other["input"])
    return {"id": id_, "instruction": row["instruction"], "input": other["input"], "output": unknown, "origin": origin}
