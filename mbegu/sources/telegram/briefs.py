"""Facts of products and briefs of campaigns, as people write them."""

import difflib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.retrieval.index import FACT, Document
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import text_field
from mbegu.text.words import fold


class Fact(NamedTuple):
    """What is known of a product."""

    id: str
    channel: str
    name: str
    brand: str
    price: str  # with commas between thousands: "24,500"; "" if there is none
    features: list[str]
    phone: str
    handle: str
    place: str
    as_of: str  # when that was so


class Brief(NamedTuple):
    """What an ad is to say."""

    id: str
    channel: str
    product: str  # id of the fact that it is about; "" if that is not known
    audience: str
    tone: str
    must_mention: list[str]
    brief: str
    reference: str  # the ad that a person wrote; "" if there is none
    heldout: bool
    source: str  # where it stands: "path:line"


KEYS = tuple(key for key in Brief._fields if key != "source")  # of a line of briefs
TYPED = ("product", "audience", "tone", "must_mention", "brief")  # what a person writes of a brief


def read_facts(path: Path) -> list[Fact]:
    """Facts, one a line; `id`, `channel` and `name` are needed.

    Raises:
        BadInput: as `read_lines`; a field is missing or of the wrong type; a product stands there twice.
    """
    found: dict[str, Fact] = {}
    for where, value in read_lines(path, Fact._fields):
        fact = _fact(value, where)
        if fact.id in found:
            raise BadInput(f"{where}: product {fact.id!r} stands there twice; keep one line for it.")
        found[fact.id] = fact
    return list(found.values())


def _fact(value: dict[str, Any], where: str) -> Fact:
    price = value.pop("price", None)
    if isinstance(price, bool) or not isinstance(price, int | float | None):
        raise BadInput(f"{where}: 'price' is {price!r}; expected a number without its currency, such as 24500.")
    features = _texts(value.pop("features", []), "features", where)
    texts = {key: text_field(value, key, where, required=key in ("id", "channel", "name")) for key in Fact._fields}
    return Fact(**texts | {"price": "" if price is None else f"{price:,}", "features": features})  # type: ignore[arg-type]


def _texts(value: Any, key: str, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise BadInput(f"{where}: {key!r} is {value!r}; expected a list of texts, none of them empty.")
    return [fold(one) for one in value]


def as_document(fact: Fact) -> Document:
    """A fact as an index holds it, to be found by all that it says."""
    said = (fact.name, fact.brand, fact.price, *fact.features, fact.phone, fact.handle, fact.place)
    return Document(fact.id, FACT, fact.channel, " ".join(filter(None, said)), fact._asdict())


def as_fact(document: Document) -> Fact:
    """A fact from an index."""
    return Fact(**document.fields)


def read_briefs(path: Path, facts: Mapping[str, Fact], channels: Collection[str]) -> list[Brief]:
    """Briefs, one a line.

    Args:
        facts: by id.
        channels: that there are.

    Raises:
        BadInput: as `read_lines` and `parse_brief`; a product or reference is missing; two briefs have one id.
    """
    found: dict[str, Brief] = {}
    for where, value in read_lines(path, KEYS):
        brief = _whole(value, where, facts, channels)
        if brief.id in found:
            raise BadInput(
                f"{where}: brief {brief.id!r} stands there twice, first at {found[brief.id].source}; give it another id."
            )
        found[brief.id] = brief
    return list(found.values())


def _whole(value: dict[str, Any], where: str, facts: Mapping[str, Fact], channels: Collection[str]) -> Brief:
    id_, channel, _, reference = (
        text_field(value, key, where, required=True) for key in ("id", "channel", "product", "reference")
    )
    heldout = value.get("heldout", False)
    if not isinstance(heldout, bool):
        raise BadInput(f"{where}: 'heldout' is {heldout!r}; expected true or false.")
    typed = {key: value[key] for key in TYPED if key in value}
    brief = parse_brief(typed, channel, where, facts, channels)
    return brief._replace(id=id_, reference=reference, heldout=heldout)


def parse_brief(
    value: dict[str, Any], channel: str, where: str, facts: Mapping[str, Fact], channels: Collection[str]
) -> Brief:  # fmt: skip
    """A brief from what a person writes of it (`TYPED`), `brief` and `must_mention` at least.

    Raises:
        BadInput: a key is unknown, missing or of the wrong type; no such channel, or no such product in it.
    """
    for key in value:
        if key not in TYPED:
            raise BadInput(f"{where}: unknown key {key!r}.{_meant(str(key), TYPED)}")
    if channel not in channels:
        raise BadInput(f"{where}: unknown channel {channel!r}.{_meant(channel, channels)}")
    if not value.get("must_mention"):
        raise BadInput(f"{where}: 'must_mention' is missing or empty; list what the ad has to say, such as a name and a price.")
    mentions = _texts(value["must_mention"], "must_mention", where)
    texts = {key: text_field(value, key, where, required=key == "brief") for key in TYPED if key != "must_mention"}
    product = texts["product"]
    known = [fact.id for fact in facts.values() if fact.channel == channel]
    if product and product not in known:
        owner = f" It is one of {facts[product].channel}." if product in facts else _meant(product, known)
        raise BadInput(f"{where}: unknown product {product!r} of {channel}.{owner}")
    return Brief("", channel, must_mention=mentions, reference="", heldout=False, source=where, **texts)


def _meant(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f" Did you mean {close[0]!r}?" if close else f" Expected one of {', '.join(sorted(known)) or 'none'}."
