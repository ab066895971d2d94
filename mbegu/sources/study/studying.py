"""All views of a project's documents, as its section `study` chooses them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from mbegu.asking.replies import read_asking
from mbegu.asking.settings import Replying
from mbegu.asking.teachers import Teacher
from mbegu.rows.ledger import Entry
from mbegu.sources.study import contradictions, links, retelling, views
from mbegu.sources.study.facts import Found, collect
from mbegu.sources.study.passages import Chunk, parts
from mbegu.sources.study.settings import Study, needs_facts
from mbegu.text.settings import Locale

WHOLE = 10**9  # characters: a document without cuts
NOTHING = Found([], [], 0, 0)


class Studied(NamedTuple):
    """What a stage writes and says."""

    texts: list[views.Text]
    ledger: list[Entry]
    asked: int  # requests that the memo did not know
    fresh: int  # documents, chunks and pairs that these were about
    told: list[str]  # sentences for the screen
    pairs: str  # which pairs of entities were asked about; "" for none


class Work(NamedTuple):
    """What can be asked, each a function of the teacher."""

    summaries: Callable[[Teacher], Found]
    facts: Callable[[Teacher], Found]
    rewrites: Callable[[Teacher], Found]
    connect: Callable[[Teacher, links.Chosen], Found]


def work(chunks: Sequence[Chunk], texts: dict[str, str], how: Study, replying: Replying, locale: Locale) -> Work:
    """The questions to a teacher that the views need; of a view that is not chosen, nothing.

    Args:
        texts: of documents by id.

    Raises:
        BadInput: a template is missing.
    """
    ask = {name: read_asking(replying, name) for name in ("summary", "facts", "rewrites", "links")}
    told = partial(retelling.summarize, parts(chunks, texts, how.part), how, ask["summary"], locale=locale)
    facts = partial(collect, chunks, how, ask["facts"], locale=locale)
    rewrites = partial(retelling.rewrite, chunks, how, ask["rewrites"], locale=locale)

    def connect(teacher: Teacher, chosen: links.Chosen) -> Found:
        return links.connect(chosen, how, ask["links"], teacher, locale) if chosen.pairs else NOTHING

    return Work(
        told if "summary" in how.views else _nothing,
        facts if needs_facts(how) else _nothing,
        rewrites if "rewrites" in how.views else _nothing,
        connect if "links" in how.views else lambda teacher, chosen: NOTHING,
    )


def _nothing(teacher: Teacher) -> Found:
    return NOTHING


def facts_and_links(chunks: Sequence[Chunk], how: Study, work: Work, teacher: Teacher) -> tuple[Found, links.Chosen, Found]:
    """Facts, the pairs of what they are about, and what connects those: pairs are known once facts are."""
    facts = work.facts(teacher)
    chosen = links.choose(facts.kept, chunks, how.links if "links" in how.views else 0)
    return facts, chosen, work.connect(teacher, chosen)


def questions_of(chunks: Sequence[Chunk], how: Study, work: Work) -> dict[str, Callable[[Teacher], Any]]:
    """The pieces of work by name, for a forecast."""
    named: dict[str, Callable[[Teacher], Any]] = {
        "Summaries": work.summaries,
        "Facts and links": partial(facts_and_links, chunks, how, work),
        "Rewrites": work.rewrites,
    }
    wanted = {"Summaries": "summary" in how.views, "Facts and links": needs_facts(how), "Rewrites": "rewrites" in how.views}
    return {name: run for name, run in named.items() if wanted[name]}


def study(chunks: Sequence[Chunk], texts: dict[str, str], how: Study, work: Work, teacher: Teacher) -> Studied:
    """Every view that `how.views` names, in the order of `settings.VIEWS`; those that ask no teacher come without one.

    Raises:
        BadInput: the teacher fails.
    """
    summaries, rewrites = work.summaries(teacher), work.rewrites(teacher)
    facts, chosen, linked = facts_and_links(chunks, how, work, teacher)
    made = {
        "document": lambda: views.documents(parts(chunks, texts, WHOLE)),
        "sections": lambda: views.sections(chunks),
        "permuted": lambda: views.permuted(chunks),
        "cloze": lambda: views.cloze(facts.kept),
        "summary": lambda: views.told(summaries.kept),
        "facts": lambda: views.statements(facts.kept),
        "questions": lambda: views.questions(facts.kept),
        "links": lambda: views.links(linked.kept),
        "rewrites": lambda: views.told(rewrites.kept),
    }
    found = [text for view, make in made.items() if view in how.views for text in make()]
    once, twice = views.unique(found)
    gapless = views.without_gap(facts.kept) if "cloze" in how.views else ()
    against = contradictions.find(facts.kept)
    asked = (summaries, facts, linked, rewrites)
    return Studied(
        once,
        [*(line for one in asked for line in one.ledger), *gapless, *twice, *contradictions.reported(against)],
        sum(one.asked for one in asked),
        sum(one.fresh for one in asked),
        contradictions.told(against),
        str(chosen) if "links" in how.views else "",
    )
