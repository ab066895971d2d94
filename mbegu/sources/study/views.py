"""The texts that a model reads: each view of each document, with where it comes from and who wrote it.

A text whose `origin.made_by` is "rules" was written by no teacher; of a cloze `origin.teacher` is who wrote the fact behind it.
Views of one passage differ in words and order, as a model remembers what it has met in many forms (Allen-Zhu and Li 2023,
"Physics of Language Models: Part 3.1", arXiv 2309.14316).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import regex

from mbegu.rows.ledger import Entry, entry
from mbegu.sources.documents.questions import source
from mbegu.sources.study.facts import STAGE, Fact
from mbegu.sources.study.links import Link
from mbegu.sources.study.passages import Chunk, Part, body, title
from mbegu.sources.study.retelling import SUMMARY, Told
from mbegu.text import reasons
from mbegu.text.draws import rank
from mbegu.text.words import fold

KEYS = ("id", "text", "origin")
GAP = "____"
RULES = {"made_by": "rules"}
TABLE = "|"
# a sentence ends at a mark of any script before a blank or the end, but not at the full stop of "Dr." or "No."
END = regex.compile(r"(?<!\b\p{Lu}\p{Ll}{0,2}\.)(?<=\p{Sentence_Terminal}[\p{Pe}\p{Pf}\"']*+)(?:\s+|(?<=[\p{Han}。！？]))")

Text = dict[str, Any]


def documents(parts: Iterable[Part]) -> Iterator[Text]:
    """Documents as they are, without what is held out."""
    for part in parts:
        yield _text("document", part.text, part.chunks, RULES)


def sections(chunks: Iterable[Chunk]) -> Iterator[Text]:
    """A heading, with its document, and what stands under it."""
    for chunk in chunks:
        if chunk["anchor"] and body(chunk) != chunk["text"]:
            yield _text("sections", f"{title(chunk)}: {chunk['anchor']}\n\n{body(chunk)}", [chunk], RULES)


def permuted(chunks: Iterable[Chunk]) -> Iterator[Text]:
    """A chunk's sentences in another order, by a hash of each; tables and lists, whose lines need their order, are left out."""
    for chunk in chunks:
        told = body(chunk)
        found = [sentence.strip() for sentence in END.split(told) if sentence.strip()]
        if len(found) < 3 or TABLE in told or "\n" in told.strip():  # two are as often as not in their order
            continue
        turned = sorted(found, key=lambda sentence: rank(f"{chunk['id']} {sentence}"))
        if turned != found:
            head = f"{title(chunk)}: {chunk['anchor']}\n\n" if chunk["anchor"] else ""
            yield _text("permuted", head + " ".join(turned), [chunk], RULES)


def cloze(facts: Iterable[Fact]) -> Iterator[Text]:
    """A verified fact with a gap for its value, and what belongs there; none where the fact words its value otherwise."""
    for fact in facts:
        if gapped := _gapped(fact):
            text = f"{gapped}\n{GAP} = {fact.said['value']}"
            yield _text("cloze", text, [fact.chunk], {**RULES, **fact.wrote}, span=list(fact.span))


def without_gap(facts: Iterable[Fact]) -> Iterator[Entry]:
    """A line of the ledger for each fact that `cloze` makes no text of."""
    for fact in facts:
        if not _gapped(fact):
            reason = f"{reasons.NO_QUESTION}: the fact words its value otherwise, so that there is no gap"
            yield entry({**fact.chunk, "fact": fact.said, "view": "cloze"}, STAGE, "dropped", reason)


def _gapped(fact: Fact) -> str:
    """A fact with a gap where its value stands; "" where it does not."""
    gapped = _spot(fold(fact.said["value"])).sub(GAP, fact.said["fact"])
    return gapped if gapped != fact.said["fact"] else ""


def _spot(value: str) -> regex.Pattern[str]:
    """Where a value stands as it is: not within a longer number, nor within a word of a script that adds nothing to words."""
    before, after = r"(?<![\p{N}\p{Latin}])(?<!\p{N}[.,])", r"(?![\p{N}\p{Latin}])(?![.,]\p{N})"
    return regex.compile(before + regex.escape(value) + after, regex.IGNORECASE)


def statements(facts: Iterable[Fact]) -> Iterator[Text]:
    """The facts of each chunk, below the title of its document."""
    together: dict[str, list[Fact]] = {}
    for fact in facts:
        together.setdefault(fact.chunk["id"], []).append(fact)
    for found in together.values():
        told = "\n".join(fact.said["fact"] for fact in found)
        spans = [list(fact.span) for fact in found]
        yield _text("facts", f"{title(found[0].chunk)}\n{told}", [found[0].chunk], found[0].wrote, spans=spans)


def questions(facts: Iterable[Fact]) -> Iterator[Text]:
    """Each fact asked for in two wordings, and backwards, from its value to its subject."""
    for fact in facts:
        for key, answer in (("question", "fact"), ("question_2", "fact"), ("back", "subject")):
            text = f"{fact.said[key]}\n{fact.said[answer]}"
            yield _text("questions", text, [fact.chunk], fact.wrote, wording=key, span=list(fact.span))


def links(found: Iterable[Link]) -> Iterator[Text]:
    """What connects two entities."""
    for link in found:
        pair = {"pair": [link.pair.first, link.pair.second], "spans": [list(span) for span in link.spans]}
        yield _text("links", link.text, link.pair.chunks, link.wrote, **pair)


def told(found: Iterable[Told]) -> Iterator[Text]:
    """Summaries and rewritten chunks, below the title of their document."""
    for one in found:
        view = "summary" if one.form in SUMMARY else "rewrites"
        yield _text(view, f"{title(one.chunks[0])}\n{one.text}", one.chunks, one.wrote, form=one.form)


def _text(view: str, text: str, chunks: Sequence[Chunk], wrote: dict[str, Any], **more: Any) -> Text:
    parents = list(dict.fromkeys(chunk["document"] for chunk in chunks))
    sources = list(dict.fromkeys(source(chunk) for chunk in (chunks[0], *(chunks[1:] if view == "links" else ()))))
    place = {"parents": parents, "source": " and ".join(sources), "chunks": [chunk["id"] for chunk in chunks]}
    origin = {"kind": "study", "view": view, **more, **place, **wrote}
    return {"id": rank(f"{view}\x1f{text}")[:16], "text": text, "origin": origin}


def unique(texts: Iterable[Text]) -> tuple[list[Text], list[Entry]]:
    """Each text once: a sentence that stands in two documents is read once, with the first as its source; the others are
    lines of the ledger."""
    first: dict[str, Text] = {}
    ledger = []
    for text in texts:
        kept = first.setdefault(text["id"], text)
        if kept is not text:
            reason = f"{reasons.SAME_TEXT} {kept['origin']['source']}"
            ledger.append(entry(text, STAGE, "dropped", reason, nearest=kept["id"]))
    return list(first.values()), ledger


def counted(texts: Sequence[Text]) -> str:
    """How many there are of each view, for a stage's last line."""
    views: dict[str, int] = {}
    for text in texts:
        views[text["origin"]["view"]] = views.get(text["origin"]["view"], 0) + 1
    return ", ".join(f"{count} {view}" for view, count in views.items())
