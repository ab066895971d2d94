"""Every message with a label: a person's where there is one, else the classifier's; and those that it is least sure of."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mbegu.errors import BadInput
from mbegu.rows.corpus import Message
from mbegu.sources.telegram import classifier
from mbegu.sources.telegram.figures import measure
from mbegu.sources.telegram.labels import AD, CLASSIFIER, HAND, OTHER, REVIEW, Labels

DIGITS = 4


class Labelled(NamedTuple):
    """What the label stage writes of messages."""

    messages: list[Message]  # each with `label`, `probability` of being an ad, and `by`
    figures: dict[str, Any]  # flat, for a metrics file


def label_all(messages: Sequence[Message], labels: Labels, folds: int) -> Labelled:
    """Labels every message. The probability of one that a person labelled is out of fold.

    The figures are of the messages labelled by hand, if there are any: those of a review were chosen as doubtful, so that
    they would make the classifier look worse than it is. It learns from both.

    Args:
        labels: of these messages, and of no others.

    Raises:
        BadInput: too few different messages of a label.
    """
    known = [message for message in messages if message["id"] in labels]
    texts: Any = np.array([message["text"] for message in known], object)
    ads = np.array([labels[message["id"]].label == AD for message in known], int)
    grouped = classifier.groups(texts)
    _check_enough(classifier.fewest(ads, grouped), folds)
    guessed = classifier.out_of_fold(texts, ads, grouped, folds)
    found = dict(zip([message["id"] for message in known], guessed, strict=True))
    others = [message for message in messages if message["id"] not in labels]
    learned = classifier.learn(texts, ads, grouped, folds)
    found |= zip(
        [message["id"] for message in others],
        classifier.probabilities(learned, [message["text"] for message in others]),
        strict=True,
    )
    lines = [_line(message, float(found[message["id"]]), labels) for message in messages]
    by = np.array([labels[message["id"]].by for message in known])
    measured = by == HAND if HAND in by else by == REVIEW
    counts = _counts(lines) | {"measured": int(measured.sum())}
    return Labelled(lines, counts | measure(guessed[measured], ads[measured], grouped[measured]))


def _check_enough(found: tuple[int, int], folds: int) -> None:
    if min(found) < folds:
        other, ads = found
        raise BadInput(
            f"{ads} different messages are labelled {AD} and {other} {OTHER}, expected at least {folds} of each (label.folds); "
            "label more of them, or lower label.folds to no less than 3."
        )


def _line(message: Message, probability: float, labels: Labels) -> Message:
    person = labels.get(message["id"])
    rounded = round(probability, DIGITS)
    label, by = (person.label, person.by) if person else (AD if rounded >= 0.5 else OTHER, CLASSIFIER)
    return {**message, "label": label, "probability": rounded, "by": by}


def _counts(lines: Sequence[Message]) -> dict[str, int]:
    bys = [line["by"] for line in lines]
    ads = sum(line["label"] == AD for line in lines)
    return {"messages": len(lines), "ads": ads, "labelled": bys.count(HAND), "reviewed": bys.count(REVIEW)}


def queue(lines: Sequence[Message], uncertain: float, most: int) -> list[Message]:
    """Messages that nobody labelled and whose probability is at most `uncertain` from 0.5, the least certain first."""
    doubtful = [line for line in lines if line["by"] == CLASSIFIER and _distance(line) <= uncertain]
    doubtful.sort(key=lambda line: (_distance(line), line["id"]))
    return doubtful[:most]


def _distance(line: Message) -> float:
    return round(abs(line["probability"] - 0.5), DIGITS)
