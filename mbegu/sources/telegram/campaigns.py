"""Briefs and the channels' own ads to rows: a question that holds what retrieval finds, and the ad that answers it.

The context of a row never gives its answer away. A message is left out of it that is near to the ad asked for (which leaves
out the ad itself and its reposts) or to any held-out reference, by the tests of `mbegu.curating.leakage` and the bounds of
`curate`; to an ad, only what its channel wrote before it is shown. Facts are open to all: to say them is the task.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mbegu.curating.leakage import Guard, decontaminate, find_leak, guard
from mbegu.retrieval.index import FACT, MESSAGE, Document
from mbegu.retrieval.recall import rank, recall
from mbegu.retrieval.search import Searchable
from mbegu.retrieval.settings import Bounds
from mbegu.retrieval.settings import Brief as Settings
from mbegu.rows.ledger import Entry, Sieved, entry
from mbegu.rows.row import Row, row_id
from mbegu.sources.telegram.ads import AD, Message, Read, read_ad
from mbegu.sources.telegram.briefs import Brief, Fact, as_fact
from mbegu.sources.telegram.requests import Templates, ask, query
from mbegu.text import draws, reasons
from mbegu.text.settings import Locale
from mbegu.text.templates import render

STAGE = "brief"


class Campaign(NamedTuple):
    """What rows are built from."""

    searched: Searchable
    templates: Templates
    settings: Settings
    bounds: Bounds
    closed: frozenset[str]  # ids of messages that are near to a held-out reference


class Built(NamedTuple):
    """Rows of a campaign: to train on, to be tested on, and the ledger of what is neither."""

    rows: list[Row]
    heldout: list[Row]
    ledger: list[Entry]


def facts_of(index: Searchable) -> dict[str, Fact]:
    """The facts of an index, by id."""
    return {one.id: as_fact(one) for one in index.documents if one.kind == FACT}


def channels_of(index: Searchable) -> set[str]:
    """The channels that an index knows."""
    return {one.channel for one in index.documents}


def campaign(
    index: Searchable, briefs: Sequence[Brief], templates: Templates, settings: Settings, bounds: Bounds
) -> Campaign:  # fmt: skip
    """What rows are built from, with the held-out references closed to every context."""
    held = guard([_text(brief.id, brief.reference) for brief in briefs if brief.heldout])
    closed = (one.id for one in index.documents if one.kind == MESSAGE and _near(one, held, bounds))
    return Campaign(index, templates, settings, bounds, frozenset(closed))


def _text(id_: str, text: str) -> Row:
    """A text by itself, as the tests of leakage compare rows."""
    return {"id": id_, "instruction": "", "input": "", "output": text, "origin": {}}


def _near(document: Document, guarded: Guard, bounds: Bounds) -> bool:
    return find_leak(_text(document.id, document.text), guarded, *bounds) is not None


def build(briefs: Sequence[Brief], ads: Sequence[Message], made_of: Campaign, locale: Locale) -> Built:
    """Every brief and every ad as a row, or as a line of the ledger."""
    heldout = [
        row_of(brief, made_of) | {"mentions": brief.must_mention, "group": brief.channel} for brief in briefs if brief.heldout
    ]
    rows = [row_of(brief, made_of) for brief in briefs if not brief.heldout]
    read, unread = read_ads(ads, made_of, locale)
    rows += [row_of(ad.brief, made_of, message.number) for message, ad in read]
    different, same = _once(rows)
    kept, leaked = decontaminate(different, heldout, *made_of.bounds, "drop", STAGE)
    return Built(kept, heldout, [*unread, *same, *leaked])


def row_of(brief: Brief, made_of: Campaign, number: int | None = None) -> Row:
    """The row of a brief.

    Args:
        number: of the message that answers it; None for a brief that a person wrote.
    """
    asked = ask(brief, made_of.searched, made_of.templates, made_of.settings, _admits(brief, made_of, number))
    kind = "seed" if number is None else "message"
    sources = [hit.document.id for hit in asked.sources]
    return {
        "id": row_id(asked.instruction, asked.input),
        "instruction": asked.instruction,
        "input": asked.input,
        "output": brief.reference,
        "origin": {"kind": kind, "parents": [], "source": brief.source, "context": sources},
    }


def _admits(brief: Brief, made_of: Campaign, number: int | None) -> Callable[[Document], bool]:
    own = guard([_text(brief.id, brief.reference)])

    def admits(document: Document) -> bool:
        earlier = number is None or document.fields["number"] < number
        return earlier and document.id not in made_of.closed and not _near(document, own, made_of.bounds)

    return admits


def read_ads(
    ads: Sequence[Message], made_of: Campaign, locale: Locale
) -> tuple[list[tuple[Message, Read]], list[Entry]]:  # fmt: skip
    """Ads with the briefs that can be read off them, in their order, at most as many as the settings say; and the ledger."""
    facts: dict[str, list[Fact]] = {}
    for fact in facts_of(made_of.searched).values():
        facts.setdefault(fact.channel, []).append(fact)
    found = [(ad, _worded(read_ad(ad, facts.get(ad.channel, []), locale), facts, made_of.templates)) for ad in ads]
    read = [(ad, seen) for ad, seen in found if seen is not None]
    ledger = [_dropped(ad, reasons.NO_SUBJECT) for ad, seen in found if seen is None]
    most = made_of.settings.most_ads or len(read)
    drawn = {ad.id for ad, _ in sorted(read, key=lambda one: draws.rank(one[0].id))[:most]}
    ledger += [_dropped(ad, reasons.BEYOND_ADS) for ad, _ in read if ad.id not in drawn]
    return [one for one in read if one[0].id in drawn], ledger


def _worded(read: Read | None, facts: Mapping[str, Sequence[Fact]], templates: Templates) -> Read | None:
    if read is None:
        return None
    brief = read.brief
    name = next((fact.name for fact in facts.get(brief.channel, []) if fact.id == brief.product), "")
    asked = render(templates.ad, "ad", product=name, topic=read.topic, channel=brief.channel).strip()
    return read._replace(brief=brief._replace(brief=asked))


def _dropped(ad: Message, reason: str) -> Entry:
    origin = {"kind": "message", "parents": [], "source": ad.id}
    row = {"id": row_id(ad.channel, ad.text), "instruction": "", "input": "", "output": ad.text, "origin": origin}
    return entry(row, STAGE, "dropped", reason)


def _once(rows: Sequence[Row]) -> Sieved[list[Row]]:
    """Rows that ask what no row before them does."""
    first: dict[str, Row] = {}
    ledger = []
    for row in rows:
        if first.setdefault(row["id"], row) is not row:
            reason = f"{reasons.SAME_QUESTION} as {first[row['id']]['origin']['source']}"
            ledger.append(entry(row, STAGE, "dropped", reason, 1.0, row["id"]))
    return Sieved(list(first.values()), ledger)


def ads_of(messages: Iterable[Message]) -> list[Message]:
    """The messages that are ads."""
    return [message for message in messages if message.label == AD]


def figures(built: Built, briefs: Sequence[Brief], index: Searchable) -> dict[str, Any]:
    """How many rows there are, and how often a brief finds its own product: by all that it says, as rows do, and by its sentence
    alone; among the facts of its channel, as rows do, and of all channels."""
    of_ads = sum(row["origin"]["kind"] == "message" for row in built.rows)
    counts = {"rows": len(built.rows), "of_ads": of_ads, "heldout": len(built.heldout), "unused": len(built.ledger)}
    asked: dict[str, Callable[[Brief], str]] = {"brief": query, "sentence": lambda brief: brief.brief}
    ranks = {
        (how, where): [
            rank(index, ask_by(brief), brief.product, FACT, brief.channel if where == "channel" else None) for brief in briefs
        ]
        for how, ask_by in asked.items()
        for where in ("channel", "all")
    }
    return {**counts, **{how: {where: recall(ranks[how, where]) for where in ("channel", "all")} for how in asked}}
