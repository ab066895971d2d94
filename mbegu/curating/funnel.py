"""How many machine-written candidates survive each filter."""

from typing import Any

from mbegu.rows.row import Row

# Reasons of the ledgers in the order in which the filters run; a reason is told by how it begins.
ORDER = (
    "reply without JSON", "reply of another shape", "question cut off", "question about something else",
    "question without words", "the same question twice", "half an answer", "answer cut off", "answer without words",
    "answer repeats the question", "answer without a quote", "quote not in the passage", "the teacher does not know",
    "answer not from the passage", "cut off", "empty", "control token", "leading punctuation", "too short", "too long",
    "blacklisted topic", "wrong script", "not novel", "beyond the target", "no instance", "not reviewed",
    "rejected by review", "answer equals", "refusal", "repetitive", "same question", "near a held-out row", "descends from",
)  # fmt: skip


def funnel(kept: list[Row], ledgers: list[list[dict[str, Any]]]) -> list[tuple[str, int, int]]:
    """(filter, candidates that it dropped, candidates left after it), the first line being all candidates.

    Args:
        kept: rows of the curate stage.
        ledgers: of the stages that candidates went through; hand-written rows do not count.
    """
    dropped = dict.fromkeys(ORDER, 0)
    for line in (line for ledger in ledgers for line in ledger):
        if line["action"] == "dropped" and line["row"]["origin"]["kind"] != "seed":
            reason = next((name for name in ORDER if line["reason"].startswith(name)), line["reason"])
            dropped[reason] = dropped.get(reason, 0) + 1
    left = sum(row["origin"]["kind"] != "seed" for row in kept) + sum(dropped.values())
    lines = [("candidates", 0, left)]
    for name, count in dropped.items():
        left -= count
        if count:
            lines.append((name, count, left))
    return [*lines, ("kept", 0, left)]
