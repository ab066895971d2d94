"""What a teacher says of a passage, held to it without a judge: numbers and names that stand there, sums that come out."""

from mbegu.asking.replies import Problem
from mbegu.metrics.standing import DIGITS, strange, wrong_sums
from mbegu.text import reasons
from mbegu.text.settings import Locale


def unfounded(text: str, passage: str, locale: Locale, naming: str = "") -> Problem | None:
    """Numbers and names that stand nowhere in the passage, or a sum that is wrong.

    Args:
        naming: as for `strange`.
    """
    if sums := wrong_sums(text):
        return Problem(reasons.WRONG_SUM, f"{sums[0]!r} comes out otherwise; compute it again")
    if found := strange(text, passage, locale, naming):
        return Problem(reasons.STANDS_NOWHERE, f"{found[0]!r} stands nowhere in the text; say only what it says")
    return None


def strange_digits(text: str, passage: str) -> Problem | None:
    """A number in digits that the passage does not have, for texts of which no locale is known."""
    found = [digits for digits in DIGITS.findall(text) if digits not in set(DIGITS.findall(passage))]
    return (
        Problem(reasons.STANDS_NOWHERE, f"{found[0]!r} stands nowhere in the text; ask only about what it says")
        if found
        else None
    )
