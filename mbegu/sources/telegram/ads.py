"""An ad of a channel as the answer to a brief that is read off it, by rules alone.

The brief names the product if one fact of the channel matches, else the ad's hashtags or a short first line, and of the ad's
own words only names, amounts and addresses: never a run of `SPAN` words. Ingested messages are masked; an ad gets its telephone
number and handle back from the facts (the product's own, or what all products of the channel have in common) where it has one
mask of the kind and there is one candidate. Otherwise the mask stays, and nobody's number is made up.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import regex

from mbegu.errors import BadInput
from mbegu.metrics.entities import entities
from mbegu.retrieval.index import MESSAGE, Document, tokens
from mbegu.rows.jsonl import read_lines
from mbegu.sources.telegram.briefs import Brief, Fact
from mbegu.text.settings import Locale
from mbegu.text.words import fold

KEYS = ("id", "channel", "message", "date", "text", "media", "forwarded", "label", "probability", "by")
AD = "ad"
SPAN = 6  # words in a row that a brief may not share with its ad
MOST_PRICES = 3
HASHTAG = regex.compile(r"#[\p{L}\p{M}\p{N}_]+")
MASKS = {"[phone]": "phone", "@handle": "handle"}  # and the field of a fact that can stand for each


class Message(NamedTuple):
    """A message of a channel that is known to be an ad or not."""

    id: str  # "zemen_electro/35"
    channel: str
    number: int
    text: str
    label: str  # AD or "other"


class Read(NamedTuple):
    """What was read off an ad."""

    brief: Brief  # its `brief` is empty: a template words it
    topic: str  # what it is about, if no product
    text: str  # the ad, masks filled in


def read_messages(path: Path) -> list[Message]:
    """The messages that the label stage writes.

    Raises:
        BadInput: as `read_lines`; a message without a label.
    """
    found = []
    for where, value in read_lines(path, KEYS):
        if value.get("label") not in (AD, "other"):
            raise BadInput(f"{where}: 'label' is {value.get('label')!r}; expected ad or other, as `dvc repro label` writes it.")
        found.append(Message(value["id"], value["channel"], value["message"], value["text"], value["label"]))
    return found


def as_document(message: Message) -> Document:
    """A message as an index holds it."""
    return Document(message.id, MESSAGE, message.channel, message.text, {"number": message.number, "label": message.label})


def read_ad(ad: Message, facts: Sequence[Fact], locale: Locale) -> Read | None:
    """What a brief can say of an ad; None if that is nothing.

    Args:
        facts: of its channel.
        locale: in whose money its prices are.
    """
    prices = [(found.value, ad.text[found.start : found.end]) for found in entities(ad.text, locale) if found.kind == "amount"]
    product = product_of(ad.text, facts, {_number(value) for value, _ in prices})
    topic = "" if product else topic_of(ad.text)
    if not product and not topic:
        return None
    text = fill(ad.text, [product] if product else facts)
    named = [name for name in (product.name, product.brand) if len(tokens(name)) < SPAN] if product else []
    said = [next((name for name in named if name and _holds(text, name)), ""), *dict.fromkeys(fold(price) for _, price in prices)]
    known = {getattr(fact, field) for fact in ([product] if product else facts) for field in MASKS.values()}
    mentions = [*filter(None, said[: 1 + MOST_PRICES]), *sorted(one for one in known if one and one in text)]
    if not mentions:
        return None
    brief = Brief(ad.id, ad.channel, product.id if product else "", "", "", mentions, "", text, False, ad.id)
    return Read(brief, topic, text)


def _number(amount: str) -> str:
    return amount.rpartition(" ")[2]


def _holds(text: str, name: str) -> bool:
    return " ".join(tokens(name)) in " ".join(tokens(text))


def product_of(text: str, facts: Sequence[Fact], prices: set[str]) -> Fact | None:
    """The one fact that a text speaks of: all words of its name stand there, or one of them and its price."""
    said = set(tokens(text))
    rated = []
    for fact in facts:
        name = tokens(fact.name)
        share = sum(any(_same(word, other) for other in said) for word in name) / len(name) if name else 0.0
        priced = fact.price.replace(",", "") in prices
        if share == 1 or (priced and share):
            rated.append((priced + share, fact))
    best = [fact for score, fact in rated if score == max(score for score, _ in rated)]
    return best[0] if len(best) == 1 else None


def _same(word: str, other: str) -> bool:
    """Whether a word stands in another, as languages put cases and articles before and after it."""
    return word == other or (min(len(word), len(other)) >= 3 and not word.isdecimal() and (word in other or other in word))


def topic_of(text: str) -> str:
    """Its hashtags, or else its first line if that is short; without marks around it."""
    tags = dict.fromkeys(tag.lstrip("#").replace("_", " ") for tag in HASHTAG.findall(text))
    lines = [fold(line) for line in text.splitlines() if any(map(str.isalnum, line))]
    found = ", ".join(list(tags)[: SPAN - 1]) or (lines[0] if lines and len(tokens(lines[0])) < SPAN else "")
    return regex.sub(r"^[^\p{L}\p{N}]+|[^\p{L}\p{N}\p{M})»\"]+$", "", found)


def fill(text: str, facts: Sequence[Fact]) -> str:
    """The text with each mask that stands there once replaced by what the facts say, if they say one thing."""
    for mask, field in MASKS.items():
        known = {getattr(fact, field) for fact in facts} - {""}
        if len(known) == 1 and text.count(mask) == 1:
            text = text.replace(mask, known.pop())
    return text
