"""The metrics as tables and charts show them, in their order."""

from typing import NamedTuple


class Heading(NamedTuple):
    """What a metric is called, and how to read it."""

    name: str  # the key in metrics files
    title: str
    higher_is_better: bool | None  # None: neither is
    tested: bool  # whether differences in it are tested; with each test the others are stricter


HEADINGS = [
    Heading("loss_per_byte", "Held-out loss per byte", False, True),
    Heading("heldout_loss", "Held-out loss per token", False, False),
    Heading("perplexity", "Perplexity per token", False, False),
    Heading("rouge1", "ROUGE-1 F1", True, True),
    Heading("rouge2", "ROUGE-2 F1", True, True),
    Heading("rougeL", "ROUGE-L F1", True, True),
    Heading("rougeLsum", "ROUGE-Lsum F1", True, True),
    Heading("chrf", "chrF++", True, True),
    Heading("facts_f1", "Facts F1", True, True),
    Heading("facts_precision", "Facts precision", True, False),
    Heading("facts_recall", "Facts recall", True, False),
    Heading("wrong_numbers", "Wrong numbers", False, True),
    Heading("ifs", "Instruction following", True, True),
    Heading("checks", "Checks met", True, True),
    Heading("mentions", "Mentions", True, True),
    Heading("script", "Script purity", True, True),
    Heading("abstention_f1", "Abstention F1", True, True),
    Heading("repetition", "Repetition", False, True),
    Heading("unfinished", "Unfinished", False, True),
    Heading("copied", "Copied words", False, False),
    Heading("exact_match", "Exact match", True, False),
    Heading("distinct2", "Distinct-2", None, False),
    Heading("answer_words", "Words an answer", None, False),
    Heading("length_ratio", "Length ratio", None, False),
]
TITLES = {heading.name: heading.title for heading in HEADINGS}
TESTED = {heading.name: bool(heading.higher_is_better) for heading in HEADINGS if heading.tested}


def arrow(heading: Heading) -> str:
    """The better direction, as a mark behind a title."""
    return {True: " ↑", False: " ↓", None: ""}[heading.higher_is_better]
