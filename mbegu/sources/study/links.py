"""What connects two things that documents name: pairs of entities, of one document and of two.

EntiGraph (Yang et al. 2024, "Synthetic continued pretraining", arXiv 2409.07431) has a model write about every pair of entities
of a document. Here entities are what verified facts are about; a pair is asked about only where a passage names both, or where
a passage of a second document, about the one, names the other. So no pair is a guess, and their number grows with the text.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, combinations, zip_longest
from typing import Any, NamedTuple

import regex

from mbegu.asking.memo import request_key
from mbegu.asking.replies import Asking, Item, Problem, ask
from mbegu.asking.samples import lost_lines
from mbegu.asking.teachers import Teacher, origin_of
from mbegu.metrics.standing import stands
from mbegu.rows.ledger import Entry, entry
from mbegu.sources.documents.founded import unfounded
from mbegu.sources.documents.overlap import overlaps
from mbegu.sources.documents.questions import source
from mbegu.sources.study.facts import STAGE, Fact, Found
from mbegu.sources.study.passages import Chunk, context
from mbegu.sources.study.settings import Study
from mbegu.text import reasons
from mbegu.text.draws import rank
from mbegu.text.quotes import locate
from mbegu.text.settings import Locale
from mbegu.text.words import fold, words

EACH = 3  # pairs of one entity
NAMED = 24  # entities of one passage that are paired: a table of a thousand names has half a million pairs
LETTER = regex.compile(r"\p{L}")
SCHEMA = {
    "type": "object",
    "properties": {
        "link": {
            "type": "string",
            "minLength": 1,
            "description": "one or two sentences that name both and what connects them",
        },
        "quote_1": {"type": "string", "description": "words of the first passage that support it, exactly as they stand there"},
        "quote_2": {"type": "string", "description": "words of the last passage that support it, exactly as they stand there"},
    },
    "required": ["link", "quote_1", "quote_2"],
    "additionalProperties": False,
}


class Pair(NamedTuple):
    """Two entities, and the passages that name them: one, or one of each of two documents."""

    first: str
    second: str
    chunks: tuple[Chunk, ...]


class Link(NamedTuple):
    """What connects a pair, supported by a quote of each passage."""

    pair: Pair
    text: str
    spans: tuple[tuple[int, int], tuple[int, int]]  # of the quotes, in the first chunk's and the last chunk's text
    wrote: dict[str, Any]


class Chosen(NamedTuple):
    """The pairs that are asked about, of how many."""

    pairs: list[Pair]
    fitting: int  # that a passage connects
    entities: int

    def __str__(self) -> str:
        every = self.entities * (self.entities - 1) // 2
        return f"{len(self.pairs)} of {self.fitting:,} linked pairs ({self.entities:,} entities, {every:,} pairs in all)"


def choose(facts: Sequence[Fact], chunks: Sequence[Chunk], most: int) -> Chosen:
    """At most `most` pairs: of two documents and of one by turns, names before other words, those first that most passages
    connect, then by a hash. An entity stands in at most `EACH` of them, or a few products would fill them all.

    Memory and time grow with the passages, not with the pairs of entities.
    """
    names: dict[str, str] = {}
    about: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if LETTER.search(fact.subject):  # a year is what much is about, and connects nothing
            names.setdefault(fact.subject, fold(fact.said["subject"]))
            about[fact.subject].append(fact)
    inside, across = _inside(names, chunks), _across(about, names)
    ranked = (sorted(found, key=partial(_place, found, names)) for found in (across, inside))
    known = inside | across
    turns = filter(None, chain.from_iterable(zip_longest(*ranked)))
    chosen = _spread(dict.fromkeys(turns), most)
    pairs = [Pair(names[first], names[second], known[first, second][1]) for first, second in chosen]
    return Chosen(pairs, len(known), len(names))


_Linked = dict[tuple[str, str], tuple[int, tuple[Chunk, ...]]]  # how many passages connect a pair, and the first


def _place(found: "_Linked", names: dict[str, str], pair: tuple[str, str]) -> tuple[int, int, str]:
    """Sorts pairs of names first, then by how many passages connect them, then by a hash."""
    return -sum(_is_name(names[one]) for one in pair), -found[pair][0], rank("\x1f".join(pair))


def _is_name(text: str) -> bool:
    """Whether it is spelled as a name: with a capital, or in a script that has none."""
    return text != text.lower() or text == text.upper()


def _spread(pairs: Iterable[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    chosen: list[tuple[str, str]] = []
    used: Counter[str] = Counter()
    for pair in pairs:
        if len(chosen) == most:
            break
        if max(used[one] for one in pair) < EACH:
            used.update(pair)
            chosen.append(pair)
    return chosen


def _inside(names: dict[str, str], chunks: Sequence[Chunk]) -> _Linked:
    index, found = _index(names), _Linked()
    for chunk in chunks:
        for pair in combinations(_named(chunk, index), 2):
            count, first = found.get(pair, (0, (chunk,)))
            found[pair] = (count + 1, first)
    return found


def _across(about: dict[str, list[Fact]], names: dict[str, str]) -> _Linked:
    """Pairs of an entity of one document and one of another whose passage names the first."""
    index, found = _index(names), _Linked()
    subjects = {fact.chunk["id"]: fact.chunk for facts in about.values() for fact in facts}
    told = defaultdict(list)
    for subject, facts in about.items():
        for fact in facts:
            told[fact.chunk["id"]].append(subject)
    for id_, chunk in subjects.items():
        here = dict.fromkeys(sorted(told[id_], key=rank)[:NAMED])
        for other in _named(chunk, index):
            home = next((fact.chunk for fact in about[other] if fact.chunk["document"] != chunk["document"]), None)
            for subject in here if home else ():
                if subject != other:
                    pair = (other, subject) if other < subject else (subject, other)
                    assert home is not None
                    count, first = found.get(pair, (0, (home, chunk)))
                    found[pair] = (count + 1, first)
    return found


def _index(names: dict[str, str]) -> dict[str, list[tuple[list[str], str]]]:
    """Entities by their first word."""
    index = defaultdict(list)
    for key, name in names.items():
        if spelled := words(name):
            index[spelled[0]].append((spelled, key))
    return index


def _named(chunk: Chunk, index: dict[str, list[tuple[list[str], str]]]) -> list[str]:
    """Entities that a passage names, at most `NAMED` of them, sorted; not those that are part of a longer one there."""
    told = words(chunk["text"])
    found: Counter[str] = Counter()
    place = 0
    while place < len(told):
        fitting = [(name, key) for name, key in index.get(told[place], ()) if told[place : place + len(name)] == name]
        name, key = max(fitting, key=lambda one: len(one[0]), default=([""], ""))
        if key:
            found[key] += 1
        place += len(name)
    return sorted(sorted(found, key=rank)[:NAMED])


def connect(chosen: Chosen, how: Study, asking: Asking, teacher: Teacher, locale: Locale) -> Found:
    """What connects each pair.

    Raises:
        BadInput: the template can't be rendered, or the teacher fails.
    """
    pairs = chosen.pairs
    items = [Item(_values(pair), {"schema": _schema(how.longest)}, ("first", "second", "text", "other")) for pair in pairs]

    def check(place: int, value: dict[str, str]) -> Problem | None:
        return problem_of(value, pairs[place], how, locale)

    replies, asked, fresh = ask(items, asking, check, teacher)
    kept: list[Link] = []
    ledger: list[Entry] = []
    for pair, reply in zip(pairs, replies, strict=True):
        ledger += lost_lines(pair.chunks[0], reply.lost, STAGE)
        if reply.problem is not None:
            row = {**pair.chunks[0], "pair": [pair.first, pair.second], "problem": reply.problem.detail}
            ledger.append(entry(row, STAGE, "dropped", reply.problem.reason))
            continue
        first, second = (locate(reply.value[key], pair.chunks[place]["text"]) for key, place in (("quote_1", 0), ("quote_2", -1)))
        wrote = {**origin_of(teacher, reply.answer), "request": request_key(reply.request)}
        assert first and second  # as the check found them
        kept.append(Link(pair, fold(reply.value["link"]), (first, second), wrote))
    return Found(kept, ledger, asked, fresh)


def _schema(longest: int) -> dict[str, Any]:
    texts = {key: {**text, "maxLength": 2 * longest} for key, text in SCHEMA["properties"].items()}  # type: ignore[attr-defined]
    return {**SCHEMA, "properties": texts}


def _values(pair: Pair) -> dict[str, str]:
    places: Iterator[str] = (source(chunk) for chunk in pair.chunks)
    other = pair.chunks[1]["text"] if len(pair.chunks) > 1 else ""
    return {
        "source": " and ".join(places),
        "first": pair.first,
        "second": pair.second,
        "text": pair.chunks[0]["text"],
        "other": other,
    }


def problem_of(value: dict[str, str], pair: Pair, how: Study, locale: Locale) -> Problem | None:
    """A link that does not name both, or that its passages do not support."""
    if len(value["link"]) >= 2 * how.longest:
        return Problem(reasons.ANSWER_CUT_OFF, f"the link has {2 * how.longest} characters; say it in one short sentence")
    for key, chunk in (("quote_1", pair.chunks[0]), ("quote_2", pair.chunks[-1])):
        if not words(value[key]) or locate(value[key], chunk["text"]) is None:
            return Problem(reasons.QUOTE_ELSEWHERE, f"{key} does not stand in its passage; copy its words exactly")
    for name in (pair.first, pair.second):
        if not stands(name, value["link"]):
            return Problem(reasons.ONE_SIDED, f"the link does not name {name!r}; name both")
    around = "\n".join(f"{chunk['text']}\n{context(chunk)}" for chunk in pair.chunks)
    if problem := unfounded(value["link"], around, locale):
        return problem
    if not overlaps(value["link"], around, how.precision):
        return Problem(reasons.ANSWER_ELSEWHERE, "the link says more than the passages; say it in their words")
    return None
