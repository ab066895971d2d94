"""A judge compares two models' answers to the same held-out questions.

Pairwise comparison with a reference answer, each row asked twice with the answers swapped, as judges prefer a place;
a win only if both orders agree, else a tie (Zheng et al. 2023, arXiv 2306.05685, §3.4). Their §3.3 names what swapping
does not cure: a judge prefers long answers, and answers like its own.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.asking.about import about
from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import Request
from mbegu.asking.teachers import Teacher, request, signature
from mbegu.errors import BadInput
from mbegu.rows.row import Row
from mbegu.scoring.duels import QUESTION, Duel
from mbegu.scoring.settings import Judge
from mbegu.text.filters import control_token
from mbegu.text.templates import render

UNREADABLE = "unreadable"
DIGITS = 4  # of a share
# What follows the word decides whether it is a verdict: "A bank pays …" is an article, "A, B or tie" repeats the question.
VERDICT = re.compile(
    r"""[\W_]*(?:(?:the\s+)?(?:(?:final|better|best)\s+)?(?:answer|verdict|winner)(?:\s+is)?[\W_]+)?
    (?P<verdict>A|B|tie)\b
    (?![^\w\s]\w)                                                                # A/B, A-rated, A's
    (?![ \t]+(?!is\s+(?:the\s+)?(?:better|best|winner)|wins\b|because\b)\w)      # A bank, B is worse, A and B
    (?!\W*(?:(?:or|and)\W+)?(?!(?P=verdict)\b)(?:A|B|tie)\b)                     # A, B or tie
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Pairwise(NamedTuple):
    """How a verdict is asked for."""

    template: str  # Jinja text over `instruction`, `input`, `reference`, `a` and `b`
    name: str  # of the template, for errors
    chat: bool
    decoding: Decoding  # greedy


def read_pairwise(how: Judge) -> Pairwise:
    """The section of params.yaml with the text of its template.

    Raises:
        BadInput: it can't be read.
    """
    try:
        text = how.template.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"judge.template: {how.template}: {error.strerror}; there is templates/judge/pairwise.jinja.") from None
    return Pairwise(text, str(how.template.with_suffix("")), how.chat, Decoding(how.max_new_tokens))


def judge(duels: list[Duel], how: Pairwise, teacher: Teacher) -> tuple[list[Row], int]:
    """A verdict on every duel.

    Returns:
        Rows of `verdict`, and how many requests the memo did not know.

    Raises:
        BadInput: the template is wrong, or the teacher fails.
    """
    wanted = [requests(duel, how, teacher) for duel in duels]
    answers, asked = teacher.ask([one for both in wanted for one in both])
    texts = iter([answer["text"] or answer.get("why", "") for answer in answers])
    return [verdict(duel, [next(texts) for _ in both]) for duel, both in zip(duels, wanted, strict=True)], asked


def requests(duel: Duel, how: Pairwise, teacher: Teacher) -> list[Request]:
    """The first model's answer as A, then as B. None if a text spells one of the judge's control tokens: it could
    forge a turn, and one can't mend what a model wrote."""
    sides = (duel.first, duel.second)
    if control_token("\n".join(side[key] for side in sides for key in (*QUESTION, "prediction")), teacher.control_tokens):
        return []
    question = {key: duel.first[key] for key in QUESTION}
    orders = (sides, sides[::-1])
    asked = [{**question, "a": a["prediction"], "b": b["prediction"]} for a, b in orders]
    return [_request(values, how, teacher) for values in asked]


def _request(values: dict[str, str], how: Pairwise, teacher: Teacher) -> Request:
    known = about("judge", how.template, **values)
    return request(teacher, render(how.template, how.name, **values), how.chat, how.decoding, about=known)


def parse(text: str) -> str:
    """The verdict that a text begins with, "A", "B" or "tie" (A, [[A]], **Answer A**, The better answer is A.), else
    "unreadable"."""
    found = VERDICT.match(text)
    word = found["verdict"].upper() if found else UNREADABLE
    return "tie" if word == "TIE" else word


def combine(orders: list[str]) -> str:
    """What both orders say if they agree, else "tie"; "unreadable" if one is."""
    if UNREADABLE in orders:
        return UNREADABLE
    return orders[0] if orders[0] == orders[1] else "tie"


def verdict(duel: Duel, texts: list[str]) -> Row:
    """A row with each order's verdict and the combined one, as "first", "second", "tie" or "unreadable".

    Args:
        texts: the judge's answers, where the first model was A and where it was B; empty if it was not asked.
    """
    meaning = ({"A": "first", "B": "second"}, {"A": "second", "B": "first"})
    said = [parse(text) for text in texts] or [UNREADABLE, UNREADABLE]
    orders = [names.get(word, word) for names, word in zip(meaning, said, strict=True)]
    return {"id": duel.first["id"], "pair": duel.pair, "orders": orders, "verdict": combine(orders), "answers": texts}


def tally(verdicts: list[Row], name: str) -> dict[str, dict[str, Any]]:
    """Numbers of each pair, seen from its first model.

    Args:
        name: the judge's.

    Returns:
        `judge`, `n` (rows), `wins`, `losses`, `ties`, `unreadable`, `agreement` (share of readable rows where both
        orders say the same) and `win_rate` (a tie is half a win); the shares are null if no row is readable.
    """
    pairs: dict[str, list[Row]] = {}
    for row in verdicts:
        pairs.setdefault(row["pair"], []).append(row)
    return {pair: {"judge": name, **_numbers(rows)} for pair, rows in pairs.items()}


def _numbers(rows: list[Row]) -> dict[str, float | None]:
    count = Counter(row["verdict"] for row in rows)
    readable = [row for row in rows if row["verdict"] != UNREADABLE]
    agreed = sum(row["orders"][0] == row["orders"][1] for row in readable)

    def share(number: float) -> float | None:
        return round(number / len(readable), DIGITS) if readable else None

    return {
        "n": len(rows),
        "wins": count["first"],
        "losses": count["second"],
        "ties": count["tie"],
        "unreadable": count[UNREADABLE],
        "agreement": share(agreed),
        "win_rate": share(count["first"] + count["tie"] / 2),
    }


def judge_name(teacher: Teacher, base: Path) -> str:
    """The judge as a score names it: "local models/base SHA", "openai MODEL" or "recorded SHA".

    Args:
        base: where the local one lies.
    """
    known = signature(teacher)
    if known["kind"] == "openai":
        return f"openai {teacher.identity['model']}"
    return f"local {base} {known['base']}" if known["kind"] == "local" else f"recorded {known['file']}"
