"""What is left after each filter."""

from mbegu.curating.funnel import funnel, of_drafts, summary
from mbegu.rows.ledger import entry
from mbegu.rows.row import row_id
from mbegu.text.reasons import LOADED


def row(text: str, kind: str = "generated") -> dict:
    origin = {"kind": kind, "parents": []}
    return {"id": row_id(text, ""), "instruction": text, "input": "", "output": "An answer.", "origin": origin}


SEED, DRAFT, GONE = row("What is a fund?", "seed"), row("ፈንድ ምንድን ነው?"), row("What is a bond?")


def test_the_funnel_adds_up():
    lines = [
        entry(GONE, "expand", "dropped", "not novel", 0.8),
        entry(GONE, "curate", "dropped", "blacklisted topic: map"),
        entry(SEED, "curate", "dropped", "near a held-out row"),  # hand-written: no candidate
        entry(DRAFT, "curate", "changed", "edited by review"),
    ]
    assert of_drafts([SEED, DRAFT], lines) == [
        ("candidates", 0, 3), ("blacklisted topic", 1, 2), ("not novel", 1, 1), ("kept", 0, 1),
    ]  # fmt: skip


def test_a_reason_that_the_funnel_does_not_know_is_counted_all_the_same():
    row = {**DRAFT, "origin": {**DRAFT["origin"], "kind": "document"}}
    lines = [entry(row, "answer", "dropped", "reply without JSON"), entry(row, "x", "dropped", "of no known kind")]
    assert of_drafts([], lines) == [
        ("candidates", 0, 2), ("reply without JSON", 1, 1), ("of no known kind", 1, 0), ("kept", 0, 0),
    ]  # fmt: skip


def test_the_funnel_counts_what_both_stages_dropped():
    dropped = [
        {"action": "dropped", "reason": reason} for reason in ("empty output", "refusal: as an ai", "duplicate", "ragged: 2")
    ]
    changed = {"action": "changed", "reason": "repaired: mojibake"}
    assert funnel(5, [*dropped[:1], changed, *dropped[1:]], LOADED) == [
        ("candidates", 0, 9), ("ragged", 1, 8), ("empty", 1, 7), ("refusal", 1, 6), ("duplicate", 1, 5), ("kept", 0, 5),
    ]  # fmt: skip


def test_a_metrics_file_says_the_same_counts():
    survivors = [("candidates", 0, 3), ("too short", 2, 1), ("kept", 0, 1)]
    assert list(summary(survivors, repaired=1).items()) == [
        ("candidates", 3), ("kept", 1), ("repaired", 1), ("dropped", {"too short": 2}),
    ]  # fmt: skip
