"""Loss and perplexity of references, per token and per byte.

A tokenizer with longer tokens has fewer of them, each harder to guess: losses per token of two
tokenizers can't be compared, losses per byte can (Gao et al. 2020, "The Pile", arXiv 2101.00027, §3.1).

>>> from mbegu.metrics.modules import Likelihood
>>> metric = Likelihood(keep_in_memory=True)
>>> result = metric.compute(predictions=[6.0, 2.0], references=["ሰላም", "abc"], tokens=[3, 1])
>>> {name: round(value, 4) for name, value in result.items()}
{'heldout_loss': 2.0, 'perplexity': 7.3891, 'loss_per_byte': 0.6667, 'perplexity_per_byte': 1.9477}
"""

CITATION = """@article{gao-etal-2020-pile, title = "The {P}ile: An 800{GB} Dataset of Diverse Text for Language Modeling",
author = "Gao, Leo and others", journal = "arXiv:2101.00027", year = "2020"}"""


def utf8_bytes(text: str) -> int:
    """Length in UTF-8; half of a surrogate pair counts as it would be written, 3."""
    return len(text.encode("utf-8", "surrogatepass"))
