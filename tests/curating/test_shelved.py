"""Filters decide on rows that stand on the disk as on rows in memory; in several scripts."""

import random
from pathlib import Path

import pytest

from mbegu.curating import acceptance, duplicates, leakage
from mbegu.curating.cleaning import repair
from mbegu.curating.quality import check_drafts, check_set
from mbegu.curating.settings import Clean, Curate
from mbegu.errors import BadInput
from mbegu.rows import shelf
from mbegu.rows.parts import frames
from mbegu.rows.row import MACHINE, row_id
from mbegu.rows.shelf import Shelf, shelved

SAID = (
    "ሰላም ለእናንተ ይሁን አዲስ ስልክ በቅናሽ ዋጋ ብቻ habari yako leo shule kwa watoto wetu 🙂 👩\u200d🌾 zero\u200bwidth مرحبا بكم في المدرسة "
    "\u202bשלום\u202c 12 15,000 a fee of five shillings for each month that begins"
)
WORDS = SAID.split()
KINDS = ("seed", "generated", "document", "reviewed")
DRAFTS = Curate(3, 40, 0.9, ["as an ai"], 0.6, 0.5, "drop")
SET = Clean(3, 40, 0.9, ["as an ai"], 0.6, 64)


def row(instruction: str, output: str, input_: str = "", kind: str = "seed", line: int = 1, parents: tuple = ()) -> dict:
    origin = {"kind": kind, "parents": list(parents), "source": f"set.jsonl:{line}"}
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": output, "origin": origin}


def made() -> list[dict]:
    """Rows of which every filter drops, changes and keeps some."""
    draw = random.Random(20)
    found: list[dict] = []
    for number in range(120):
        asked, answer = (" ".join(draw.choices(WORDS, k=draw.randrange(6, 20))) for _ in range(2))
        one = row(f"{asked}?", answer, asked if number % 3 == 0 else "", KINDS[number % 4], number)
        found.append(one)
        if number % 6 == 0:
            found += [
                row(f"{asked}!", f"{answer} 🙂", one["input"], "generated", number),
                row(one["instruction"], f"{answer[::-1]}", one["input"], "generated", number, (one["id"],)),
                row(f"&amp; {asked}", f"<think>{asked}</think>{answer}\x0c", "N/A", "seed", number),
                row(f"{answer}?", f"<think>{asked}", line=number),
                row(f"{number} {asked}", "ኧ", kind="document", line=number, parents=(one["id"],)),
            ]
    return found


ROWS = made()
HELDOUT = [row(one["instruction"], one["output"], one["input"]) for one in ROWS[10:100:30]]
REVIEWS = {
    one["id"]: {"decision": kind, "output": "መልስ" if kind == "edit" else "", "reason": "", "source": f"reviews.jsonl:{place}"}
    for place, (one, kind) in enumerate(zip(ROWS[1:60:5], ["accept", "edit", "reject"] * 4, strict=True))
}


def without_leaks(rows, leakage_="drop"):
    index = leakage.guard(HELDOUT, frames(ROWS))
    return leakage.sifted(rows, index, leakage.bites(rows, index, 0.6, 0.5), leakage_, "curate")


FILTERS = {
    "repair": repair,
    "check_set": lambda rows: check_set(rows, SET),
    "drop_duplicates": duplicates.drop_duplicates,
    "drop_near_duplicates": lambda rows: duplicates.drop_near_duplicates(rows, 0.6, 64),
    "apply_reviews": lambda rows: acceptance.apply_reviews(rows, REVIEWS, "by_teacher"),
    "check_drafts": lambda rows: check_drafts(rows, DRAFTS, set()),
    "sifted": without_leaks,
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_and_drops_the_same_rows_wherever_they_are(name):
    kept, ledger = FILTERS[name](made())
    on_disk = FILTERS[name](shelved(made()))
    assert isinstance(on_disk.kept, Shelf) and isinstance(on_disk.ledger, Shelf)
    assert ([*on_disk.kept], [*on_disk.ledger]) == (kept, ledger)
    assert kept and ledger and len(kept) < len(ROWS)


def test_rows_that_leak_and_what_descends_from_them_are_refused_in_the_same_words_wherever_they_are():
    ledger = without_leaks(ROWS).ledger
    assert any("descends" in line["reason"] for line in ledger)
    said = []
    for rows in (ROWS, shelved(ROWS)):
        with pytest.raises(BadInput, match="too like the held-out row") as raised:
            without_leaks(rows, "error")
        said.append(str(raised.value))
    assert said[0] == said[1] and f"(and {len({line['id'] for line in ledger}) - 1} more: " in said[0]


def test_of_what_descends_from_a_row_that_leaks_it_is_that_row_that_is_named():
    asked = row("What does a ፀሐይ panel cost each month in the valley?", "Five shillings.", line=5)
    child = row("ሌላ ጥያቄ", "ሌላ መልስ", kind="generated", line=9, parents=(asked["id"],))
    index = leakage.guard([row(f"{asked['instruction']}!", asked["output"], line=1)], frames([]))
    for rows in ([asked, child], shelved([asked, child])):
        found = leakage.bites(rows, index, 0.7, 0.5)
        with pytest.raises(BadInput, match=r"set\.jsonl:5.*\(and 1 more: ") as raised:
            leakage.sifted(rows, index, found, "error", "curate")
        assert str(raised.value).count("set.jsonl:5") == 2 and "set.jsonl:9" not in str(raised.value)


def test_which_rows_ask_the_same_does_not_hang_on_their_hash(monkeypatch):
    expected = duplicates.drop_duplicates(ROWS)
    for number in (lambda asked: 7, lambda asked: len(asked[0]) % 3):
        monkeypatch.setattr(shelf, "hash", number, raising=False)
        assert duplicates.drop_duplicates(ROWS) == expected


def test_drafts_that_contradict_each_other_go_and_those_that_agree_stay():
    said = ["መልስ ሰላም  ለእናንተ", "መልስ ሰላም ለእናንተ", "Jibu ni moja tu", "Jibu ni mbili tu", "Jibu ni moja tu"]
    rows = [row(f"q{place // 2 if place < 4 else 1}", text, kind="generated") for place, text in enumerate(said)]
    kept, ledger = check_drafts(shelved(rows), DRAFTS, set())
    assert [one["output"] for one in kept] == said[:2]
    assert [line["reason"] for line in ledger] == ["same question with different answers"] * 3


def test_waiting_drafts_are_counted_and_lost_decisions_named_on_the_disk_too():
    every, gone = shelved(ROWS), {"gone": {"source": "reviews.jsonl:9"}}
    waiting = sum(one["origin"]["kind"] in MACHINE and one["id"] not in REVIEWS for one in ROWS)
    with pytest.raises(BadInput, match=rf"^data/expanded/v2.jsonl: {waiting} drafts wait for a decision"):
        acceptance.check_reviewed(every, REVIEWS, Path("data/expanded/v2.jsonl"))
    assert acceptance.orphans(every, REVIEWS | gone) == ["reviews.jsonl:9"] and acceptance.orphans(every, {}) == []
