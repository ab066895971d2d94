"""Factual accuracy: which amounts, percentages, dates, numbers and names of a reference an answer states, and which
numbers it made up.

The definition is our own; scoring a text by the entities it shares with its source is an old idea, for example Nan et al.
2021, "Entity-level Factual Consistency of Abstractive Text Summarization". Comparison is exact: 16.7% is not 16.67%.

>>> from mbegu.text.settings import Locale
>>> here = Locale(["en"], "TZS", unknown="I don't know.", disclaimer="", names=[])
>>> count("You hold 4,200 shillings, taxed at 15%.", "You then hold TZS 4,200.", "What do I hold?", here)
Counts(matched=1, answered=2, expected=1, wrong_numbers=1, numbers=2)
>>> from mbegu.metrics.modules import FactualAccuracy
>>> metric = FactualAccuracy(keep_in_memory=True)
>>> metric.compute(predictions=["TZS 400 or $5"], references=["400 shillings"], questions=["I have USD 5."], locale=here)
{'precision': 0.5, 'recall': 1.0, 'f1': 0.6666666666666666, 'wrong_number_rate': 0.0}
"""

from collections.abc import Sequence
from typing import NamedTuple

from mbegu.metrics.entities import Entity, entities
from mbegu.text.settings import Locale

__all__ = ["Counts", "Entity", "count", "entities", "mark_numbers"]

CITATION = "Mbegu's own definition."


class Counts(NamedTuple):
    """Distinct entities of one answer, against its reference and question."""

    matched: int
    answered: int
    expected: int
    wrong_numbers: int
    numbers: int


def count(prediction: str, reference: str, question: str, locale: Locale) -> Counts:
    """Distinct values in the answer, the reference and both; numbers of the answer in neither reference nor question.

    Values form a set: to repeat a correct number earns nothing. A number without a currency (or a bare year) equals an
    amount of its value in any currency, and within one text counts as that amount. Numbers are everything but names.
    """
    answer, expected, asked = (_distinct(entities(text, locale)) for text in (prediction, reference, question))
    wrong = 0
    for key, units in answer.items():
        known = expected.get(key, set()) | asked.get(key, set())
        wrong += 0 if key[0] == "name" else sum(not _both({unit}, known) for unit in units)
    return Counts(
        matched=sum(_both(units, expected.get(key, set())) for key, units in answer.items()),
        answered=sum(map(len, answer.values())),
        expected=sum(map(len, expected.values())),
        wrong_numbers=wrong,
        numbers=sum(len(units) for key, units in answer.items() if key[0] != "name"),
    )


def _distinct(found: Sequence[Entity]) -> dict[tuple[str, str], set[str]]:
    """The currencies by value; "" for what has none, unless the same value has one elsewhere in the text."""
    values: dict[tuple[str, str], set[str]] = {}
    for entity in found:
        key, currency = _key(entity)
        values.setdefault(key, set()).add(currency)
    return {key: units - {""} or units for key, units in values.items()}


def _key(entity: Entity) -> tuple[tuple[str, str], str]:
    currency, _, value = entity.value.rpartition(" ") if entity.kind == "amount" else ("", "", entity.value)
    return ("name" if entity.kind == "name" else "number", value), currency


def _both(first: set[str], second: set[str]) -> int:
    """How many of two texts' currencies for one value are the same; where one text names none, it may mean any."""
    return len(first & second) or int(bool(first and second) and "" in first | second)


def mark_numbers(answer: str, reference: str, question: str, locale: Locale) -> list[tuple[str, str]]:
    """The answer in pieces that spell it, (text, mark): "right" for a number of the reference, "given" for one of the
    question, "wrong" for any other number, "" for what is none."""
    expected, asked = (_distinct(entities(text, locale)) for text in (reference, question))
    pieces, end = [], 0
    for entity in entities(answer, locale):
        if entity.kind == "name":
            continue
        key, currency = _key(entity)
        known = [("right", expected), ("given", asked)]
        mark = next((word for word, values in known if _both({currency}, values.get(key, set()))), "wrong")
        pieces += [(answer[end : entity.start], ""), (answer[entity.start : entity.end], mark)]
        end = entity.end
    return [piece for piece in [*pieces, (answer[end:], "")] if piece[0]]
