"""Loss and perplexity of references, per token and per byte.

A tokenizer with longer tokens has fewer of them, each harder to guess: losses per token of two
tokenizers can't be compared, losses per byte can (Gao et al. 2020, "The Pile", arXiv 2101.00027, §3.1).

>>> metric = Likelihood(keep_in_memory=True)
>>> result = metric.compute(predictions=[6.0, 2.0], references=["ሰላም", "abc"], tokens=[3, 1])
>>> {name: round(value, 4) for name, value in result.items()}
{'heldout_loss': 2.0, 'perplexity': 7.3891, 'loss_per_byte': 0.6667, 'perplexity_per_byte': 1.9477}
"""

import math
from collections.abc import Sequence

import datasets
import evaluate

CITATION = """@article{gao-etal-2020-pile, title = "The {P}ile: An 800{GB} Dataset of Diverse Text for Language Modeling",
author = "Gao, Leo and others", journal = "arXiv:2101.00027", year = "2020"}"""


def utf8_bytes(text: str) -> int:
    """Length in UTF-8; half of a surrogate pair counts as it would be written, 3."""
    return len(text.encode("utf-8", "surrogatepass"))


class Likelihood(evaluate.Metric):
    """`predictions` are a model's negative log-likelihoods in nats, each summed over the `tokens` of a reference."""

    def _info(self) -> evaluate.MetricInfo:
        number = datasets.Value("float64")
        return evaluate.MetricInfo(
            description="Loss in nats and perplexity, per token and per byte.",
            citation=CITATION,
            inputs_description=__doc__,
            features=datasets.Features(
                {"predictions": number, "references": datasets.Value("string"), "tokens": datasets.Value("int64")}
            ),
        )

    def _compute(self, predictions: Sequence[float], references: Sequence[str], tokens: Sequence[int]) -> dict[str, float]:
        total = sum(predictions)
        loss, per_byte = total / sum(tokens), total / sum(map(utf8_bytes, references))
        return {
            "heldout_loss": loss,
            "perplexity": math.exp(loss),
            "loss_per_byte": per_byte,
            "perplexity_per_byte": math.exp(per_byte),
        }
