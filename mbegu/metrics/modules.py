"""Every metric of this package as an `evaluate.Metric`, for use outside the pipeline; none needs a network.

The functions that they are made of stand in modules of their own, which do not import `evaluate`: it needs seconds.
Each metric's module has the worked example.
"""

import math
from collections.abc import Sequence
from typing import Any

import datasets
import evaluate

from mbegu.errors import BadInput
from mbegu.metrics import abstention, chrf, diversity, facts, following, likelihood, overlap, rouge
from mbegu.text.filters import repetition
from mbegu.text.settings import Locale
from mbegu.text.words import words

TEXT = datasets.Value("string")
PAIR = datasets.Features({"predictions": TEXT, "references": TEXT})


class Rouge(evaluate.Metric):
    """Mean F1, precision and recall over pairs for each of `rouge_types`; a reference may be a list of them.

    Pairs whose references hold no word are left out of the means and counted as `unscored`.
    `stem=True` reduces English words to Porter's stems.
    """

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="ROUGE precision, recall and F1 over Unicode words.",
            citation=rouge.CITATION,
            inputs_description=rouge.__doc__,
            features=[
                datasets.Features({"predictions": TEXT, "references": datasets.Sequence(TEXT)}),
                PAIR,
            ],
        )

    def _compute(
        self,
        predictions: Sequence[str],
        references: Sequence[str] | Sequence[Sequence[str]],
        rouge_types: Sequence[str] = rouge.TYPES,
        stem: bool = False,
    ) -> dict[str, float]:
        pairs = [
            (answer, [given] if isinstance(given, str) else given) for answer, given in zip(predictions, references, strict=True)
        ]
        scores = [rouge.score(answer, given, rouge_types, rouge.porter if stem else None) for answer, given in pairs]
        means: dict[str, float] = {}
        for name in rouge_types:
            rated = [found for pair in scores if (found := pair[name]) is not None]
            for part, suffix in (("f1", ""), ("precision", "_precision"), ("recall", "_recall")):
                means[name + suffix] = sum(getattr(one, part) for one in rated) / len(rated) if rated else float("nan")
        return means | {"unscored": sum(any(one is None for one in pair.values()) for pair in scores)}


class ChrF(evaluate.Metric):
    """Mean sentence-level chrF++ over pairs."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="chrF++, sentence level.",
            citation=chrf.CITATION,
            inputs_description=chrf.__doc__,
            features=PAIR,
        )

    def _compute(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        scores = [chrf.chrf(*pair) for pair in zip(predictions, references, strict=True)]
        return {"chrf": sum(scores) / len(scores)}


class Overlap(evaluate.Metric):
    """Mean exact match and token F1 over pairs."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Exact match and token F1 over Unicode words.",
            citation=overlap.CITATION,
            inputs_description=overlap.__doc__,
            features=PAIR,
        )

    def _compute(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        pairs = list(zip(predictions, references, strict=True))
        scores = {
            "exact_match": [overlap.exact_match(*pair) for pair in pairs],
            "token_f1": [overlap.token_f1(*pair) for pair in pairs],
        }
        return {name: sum(values) / len(pairs) for name, values in scores.items()}


class Likelihood(evaluate.Metric):
    """`predictions` are a model's negative log-likelihoods in nats, each summed over the `tokens` of a reference."""

    def _info(self) -> evaluate.MetricInfo:
        number = datasets.Value("float64")
        return evaluate.MetricInfo(
            description="Loss in nats and perplexity, per token and per byte.",
            citation=likelihood.CITATION,
            inputs_description=likelihood.__doc__,
            features=datasets.Features({"predictions": number, "references": TEXT, "tokens": datasets.Value("int64")}),
        )

    def _compute(self, predictions: Sequence[float], references: Sequence[str], tokens: Sequence[int]) -> dict[str, float]:
        total = sum(predictions)
        loss, per_byte = total / sum(tokens), total / sum(map(likelihood.utf8_bytes, references))
        return {
            "heldout_loss": loss,
            "perplexity": math.exp(loss),
            "loss_per_byte": per_byte,
            "perplexity_per_byte": math.exp(per_byte),
        }


class Diversity(evaluate.Metric):
    """Distinct-1 and -2, mean repetition (seq-rep-4, Welleck et al. 2019, §6), words answered to words of reference."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Distinct-n, repetition and length ratio over Unicode words.",
            citation=diversity.CITATION,
            inputs_description=diversity.__doc__,
            features=PAIR,
        )

    def _compute(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        answered, expected = (sum(len(words(text)) for text in texts) for texts in (predictions, references))
        one, two = diversity.distinct(predictions)
        return {
            "distinct1": one,
            "distinct2": two,
            "repetition": sum(map(repetition, predictions)) / len(predictions),
            "length_ratio": answered / expected if expected else float("nan"),
        }


class FactualAccuracy(evaluate.Metric):
    """Precision, recall and F1 of distinct entities, and the share of the answers' numbers that nobody gave them.

    Over all pairs together (micro), each 0 to 1, or None where there is nothing to divide by.
    `compute` also needs `locale`, which says how all pairs are read, and `questions`, one a pair.

    Raises:
        BadInput: `questions` has another length than `predictions`.
    """

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Entities of the reference found in the answer.",
            citation=facts.CITATION,
            inputs_description=facts.__doc__,
            features=PAIR,
        )

    def _compute(
        self,
        predictions: Sequence[str],
        references: Sequence[str],
        locale: Locale,
        questions: Sequence[str] | None = None,
    ) -> dict[str, float | None]:
        asked = [""] * len(predictions) if questions is None else questions
        if len(asked) != len(predictions):
            raise BadInput(f"score.facts: {len(asked)} questions for {len(predictions)} predictions; give one for each.")
        pairs = [facts.count(*texts, locale) for texts in zip(predictions, references, asked, strict=True)]
        total = facts.Counts(*map(sum, zip(facts.Counts(0, 0, 0, 0, 0), *pairs, strict=True)))
        return {
            "precision": _ratio(total.matched, total.answered),
            "recall": _ratio(total.matched, total.expected),
            "f1": _ratio(2 * total.matched, total.answered + total.expected),
            "wrong_number_rate": _ratio(total.wrong_numbers, total.numbers),
        }


class InstructionFollowing(evaluate.Metric):
    """Share of responses that read as an answer, and the cross-validated accuracy of the classifier that says so."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Instruction Following Score by a classifier trained on the project's rows.",
            citation=following.CITATION,
            inputs_description=following.__doc__,
            features=datasets.Features({"predictions": TEXT}),
        )

    def _compute(self, predictions: Sequence[str], rows: Sequence[dict[str, Any]]) -> dict[str, float | None]:
        classifier = following.learn(rows)
        answers = following.reads_as_answer(classifier, predictions)
        return {"ifs": sum(answers) / len(answers) if answers else None, "accuracy": classifier.accuracy}


class Abstention(evaluate.Metric):
    """Precision, recall and F1 of abstaining, and the share of answers that abstain; None where nothing can be divided by."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Abstentions on questions marked unanswerable.",
            citation=abstention.CITATION,
            inputs_description=abstention.__doc__,
            features=datasets.Features({"predictions": TEXT, "references": datasets.Value("bool")}),
        )

    def _compute(self, predictions: Sequence[str], references: Sequence[bool], locale: Locale) -> dict[str, float | None]:
        abstained = [abstention.abstains(prediction, locale) for prediction in predictions]
        right = sum(said and marked for said, marked in zip(abstained, references, strict=True))
        return {
            "precision": _ratio(right, sum(abstained)),
            "recall": _ratio(right, sum(references)),
            "f1": _ratio(2 * right, sum(abstained) + sum(references)),
            "abstained": _ratio(sum(abstained), len(predictions)),
        }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
