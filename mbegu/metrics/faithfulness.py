"""Is what a model says in the passage that it was given?"""

from mbegu.text.words import words


def k_precision(text: str, passage: str) -> float:
    """Share of a text's words that the passage holds, 0 to 1.

    Adlakha et al. 2023, "Evaluating Correctness and Faithfulness of Instruction-Following Models for Question Answering"
    (arXiv 2307.16877): of what is cheap to compute, it agrees best with people's judgement of faithfulness.
    """
    said, known = words(text), set(words(passage))
    return sum(word in known for word in said) / len(said) if said else 0.0
