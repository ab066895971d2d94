"""Documents told again by a teacher: a summary at two lengths, and chunks as rows of a table, as a list, as a dialogue."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from mbegu.asking.memo import request_key
from mbegu.asking.replies import Asking, Item, Problem, ask
from mbegu.asking.samples import lost_lines
from mbegu.asking.teachers import Teacher, origin_of
from mbegu.rows.ledger import Entry, entry
from mbegu.sources.documents.founded import unfounded
from mbegu.sources.documents.overlap import overlaps
from mbegu.sources.study.facts import STAGE, Found
from mbegu.sources.study.passages import Chunk, Part, context
from mbegu.sources.study.settings import Study
from mbegu.text import reasons
from mbegu.text.draws import rank
from mbegu.text.settings import Locale
from mbegu.text.words import words

SHORT, LONG = 240, 1000  # characters of a summary's two lengths
FORMS = 1200  # characters of a chunk told in another form; half as much again as the longest chunks
SUMMARY = {
    "short": (SHORT, "one sentence that says what the text is and whom it concerns"),
    "long": (LONG, "what it says, with its most important figures and names, in a few sentences"),
}
REWRITES = {
    "table": (FORMS, "a table: a line a row, cells parted by |, the first line names the columns"),
    "list": (FORMS, "a list: a line a point, each beginning with -"),
    "dialogue": (FORMS, "a dialogue of one who asks and one who knows: a line a turn"),
}
FEW_LINES = 2
Forms = dict[str, tuple[int, str]]  # how long each may be, and what it is
Judge = Callable[[dict[str, str], Part], Problem | None]


class Told(NamedTuple):
    """A text in other words."""

    chunks: Sequence[Chunk]
    form: str  # "short", "list", …
    text: str
    wrote: dict[str, Any]


def summarize(parts: Sequence[Part], how: Study, asking: Asking, teacher: Teacher, locale: Locale) -> Found:
    """A short and a long summary of each part.

    Raises:
        BadInput: the template can't be rendered, or the teacher fails.
    """
    return _tell(parts, SUMMARY, asking, teacher, lambda said, part: _unfaithful(said, part, how, locale))


def rewrite(chunks: Sequence[Chunk], how: Study, asking: Asking, teacher: Teacher, locale: Locale) -> Found:
    """Some chunks of each document as a table, a list and a dialogue; the ledger counts the others.

    Raises:
        BadInput: the template can't be rendered, or the teacher fails.
    """
    chosen = choose(chunks, how.rewritten)
    parts = [Part([chunk], chunk["text"]) for chunk in chosen]
    found = _tell(parts, REWRITES, asking, teacher, lambda said, part: _shapeless(said) or _unfaithful(said, part, how, locale))
    ids = {chunk["id"] for chunk in chosen}
    beyond = [{**chunk, "view": "rewrites"} for chunk in chunks if chunk["id"] not in ids]
    return found._replace(ledger=[*(entry(chunk, STAGE, "dropped", reasons.BEYOND_CHUNKS) for chunk in beyond), *found.ledger])


def choose(chunks: Sequence[Chunk], most: int) -> list[Chunk]:
    """At most `most` chunks of each document (0 for all), by rank of a hash of their ids, in their order."""
    chosen = []
    for _, group in groupby(chunks, lambda chunk: chunk["document"]):
        ranked = sorted(group, key=lambda chunk: rank(f"rewrite {chunk['id']}"))
        chosen += [chunk["id"] for chunk in (ranked[:most] if most else ranked)]
    ids = set(chosen)
    return [chunk for chunk in chunks if chunk["id"] in ids]


def _tell(parts: Sequence[Part], forms: Forms, asking: Asking, teacher: Teacher, problem: Judge) -> Found:
    items = [Item({"source": part.source, "text": part.text}, {"schema": _schema(forms)}, ("text",)) for part in parts]

    def check(place: int, value: dict[str, str]) -> Problem | None:
        return _cut_off(value, forms) or problem(value, parts[place])

    replies, asked, fresh = ask(items, asking, check, teacher)
    kept: list[Told] = []
    ledger: list[Entry] = []
    for part, reply in zip(parts, replies, strict=True):
        ledger += lost_lines(part.chunks[0], reply.lost, STAGE)
        if reply.problem is not None:
            ledger.append(entry({**part.chunks[0], "problem": reply.problem.detail}, STAGE, "dropped", reply.problem.reason))
            continue
        wrote = {**origin_of(teacher, reply.answer), "request": request_key(reply.request)}
        kept += [Told(part.chunks, form, reply.value[form].strip(), wrote) for form in forms]
    return Found(kept, ledger, asked, fresh)


def _schema(forms: Forms) -> dict[str, Any]:
    texts = {
        form: {"type": "string", "minLength": 1, "maxLength": most, "description": told} for form, (most, told) in forms.items()
    }
    return {"type": "object", "properties": texts, "required": list(forms), "additionalProperties": False}


def _cut_off(said: dict[str, str], forms: Forms) -> Problem | None:
    cut = [form for form, (most, _) in forms.items() if len(said[form]) >= most]
    return Problem(reasons.ANSWER_CUT_OFF, f"{cut[0]} has {forms[cut[0]][0]} characters; make it shorter") if cut else None


def _shapeless(said: dict[str, str]) -> Problem | None:
    lines = {form: [line for line in text.splitlines() if line.strip()] for form, text in said.items()}
    for form, told in lines.items():
        if len(told) < FEW_LINES:
            return Problem(reasons.OTHER_SHAPE, f"{form} has one line; write {REWRITES[form][1]}")
    if not all("|" in line for line in lines["table"]):
        return Problem(reasons.OTHER_SHAPE, f"table: write {REWRITES['table'][1]}")
    return None


def _unfaithful(said: dict[str, str], part: Part, how: Study, locale: Locale) -> Problem | None:
    around = "\n".join([part.text, *dict.fromkeys(context(chunk) for chunk in part.chunks)])
    for form, text in said.items():
        if not words(text):
            return Problem(reasons.ANSWER_WITHOUT_WORDS, f"{form} has no word")
        if problem := unfounded(text, around, locale):
            return problem._replace(detail=f"{form}: {problem.detail}")
        if not overlaps(text, around, how.precision):
            return Problem(reasons.ANSWER_ELSEWHERE, f"{form} says more than the text; say it in the text's words")
    return None
