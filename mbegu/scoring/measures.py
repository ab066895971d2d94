"""What is measured of each answer: pairs of a numerator and a weight, whose sums over questions give a metric.

Keeping the parts and not only the quotient lets a metric that is a ratio of sums, such as a loss per
byte or an F1 over all entities, be resampled question by question (`mbegu.scoring.significance`).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from mbegu.executors import Mapped, local
from mbegu.metrics import facts
from mbegu.metrics.abstention import abstains
from mbegu.metrics.chrf import chrf
from mbegu.metrics.copying import Spans, copied
from mbegu.metrics.following import Classifier, judged
from mbegu.metrics.likelihood import utf8_bytes
from mbegu.metrics.mentions import mentioned
from mbegu.metrics.overlap import exact_match, token_f1
from mbegu.metrics.rouge import score as rouge
from mbegu.metrics.scripts import purity
from mbegu.rows.checks import follows
from mbegu.rows.row import Row, question
from mbegu.rows.shelf import Shelf
from mbegu.scoring.settings import Score
from mbegu.text.filters import repetition
from mbegu.text.settings import Locale
from mbegu.text.words import words

Measures = dict[str, tuple[float, float]]


def measure(
    predictions: list[Row] | Shelf[Row],
    heldout: list[Row] | Shelf[Row],
    settings: Score,
    classifier: Classifier | None,
    locale: Locale,
    taught: Spans = frozenset(),
    mapped: Mapped = local,
) -> Iterator[Measures]:
    """Measures of each prediction, which answers the held-out row at its position, one after the other.

    Args:
        predictions: as `mbegu.scoring.predictions` reads them.
        classifier: what tells answers from other texts; None where too few rows teach it, and there is no score.
        taught: runs of words of the answers that taught it, which an answer may have copied.

    Raises:
        BadInput: an unknown ROUGE type, when the first is taken.
    """
    texts = (value["prediction"] for value in predictions)
    answers = (None for _ in texts) if classifier is None else judged(classifier, texts)
    return mapped(partial(_measured, settings, locale, taught), zip(predictions, heldout, answers, strict=True))


def _measured(settings: Score, locale: Locale, taught: Spans, asked: tuple[Mapping[str, Any], Row, bool | None]) -> Measures:
    value, row, is_answer = asked
    measures = _of_text(value["prediction"], row["output"], settings.rouge)
    measures |= _of_facts(value["prediction"], row, locale)
    measures |= _of_form(value, row["output"], is_answer) | {"copied": copied(value["prediction"], taught)}
    measures |= _of_instructions(value["prediction"], row, locale)
    return {name: pair for name, pair in measures.items() if pair[1]}


def _of_text(answer: str, reference: str, rouge_types: Sequence[str]) -> Measures:
    rated = rouge(answer, [reference], rouge_types)
    found: Measures = {name: (one.f1, 1.0) for name, one in rated.items() if one is not None}
    found |= {"chrf": (chrf(answer, reference), 1.0), "script": purity(answer, reference)}
    overlap = {"exact_match": (exact_match(answer, reference), 1.0), "token_f1": (token_f1(answer, reference), 1.0)}
    return found | overlap


def _of_facts(answer: str, row: Row, locale: Locale) -> Measures:
    counts = facts.count(answer, row["output"], question(row), locale)
    return {
        "facts_precision": (counts.matched, counts.answered),
        "facts_recall": (counts.matched, counts.expected),
        "facts_f1": (2 * counts.matched, counts.answered + counts.expected),
        "wrong_numbers": (counts.wrong_numbers, counts.numbers),
    }


def _of_form(value: Mapping[str, Any], reference: str, is_answer: bool | None) -> Measures:
    answer = value["prediction"]
    answered = len(words(answer))
    return {
        "ifs": (float(is_answer or 0), float(is_answer is not None)),
        "heldout_loss": (value["reference_nll"], value["reference_tokens"]),
        # an endpoint gives no losses: over no tokens, so over no bytes either
        "loss_per_byte": (value["reference_nll"], utf8_bytes(reference) if value["reference_tokens"] else 0),
        "repetition": (repetition(answer), 1.0),
        "answer_words": (answered, 1.0),
        "length_ratio": (answered, len(words(reference))),
        "unfinished": (float(value["finish_reason"] == "length"), 1.0),
        "empty": (float(answered == 0), 1.0),
    }


def _of_instructions(answer: str, row: Row, locale: Locale) -> Measures:
    says_so, unanswerable = abstains(answer, locale), row["unanswerable"]
    both = float(says_so and unanswerable)
    found: Measures = {
        "abstained": (float(says_so), 1.0),
        "abstention_precision": (both, float(says_so)),
        "abstention_recall": (both, float(unanswerable)),
        "abstention_f1": (2 * both, float(says_so) + unanswerable),
    }
    if wanted := row.get("mentions"):
        found["mentions"] = (mentioned(wanted, answer), len(wanted))
    if row["checks"]:
        met = follows(answer, row["checks"])
        found |= {"checks": (sum(met.values()), len(met)), "checks_strict": (float(all(met.values())), 1.0)}
    return found


def ratio(rows: Sequence[Mapping[str, tuple[float, float]]], name: str) -> float | None:
    """The metric over all questions, None if none has it."""
    pairs = [row[name] for row in rows if name in row]
    weight = sum(pair[1] for pair in pairs)
    return sum(pair[0] for pair in pairs) / weight if weight else None
