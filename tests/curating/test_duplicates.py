"""Rows that say the same, or nearly; in several scripts."""

from pathlib import Path

import pytest

from mbegu.curating import duplicates
from mbegu.rows.row import question, row_id
from mbegu.sources.sets.columns import load
from mbegu.sources.sets.records import read
from mbegu.sources.sets.settings import Columns
from mbegu.text.words import words

DATA = Path(__file__).parents[2] / "examples/finance_qa/data/raw"
ANSWER = "Put three months of expenses in an account that you can reach, and keep the rest where it earns more interest."


def row(instruction: str, output: str = ANSWER, input_: str = "", line: int = 1) -> dict:
    origin = {"kind": "seed", "parents": [], "source": f"set.json:{line}"}
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": output, "origin": origin}


def reasons(ledger: list[dict]) -> list[str]:
    return [line["reason"] for line in ledger]


def test_the_first_of_rows_that_ask_the_same_stays():
    rows = [row("What  is it?", "One  answer.", line=1), row("What is\nit?", "One answer.", line=2),
            row("What is it?", "Two.", line=3),
            row("What is it?", "One answer.", "x", line=4)]  # fmt: skip
    kept, ledger = duplicates.drop_duplicates(rows)
    assert kept == [rows[0], rows[3]]
    assert reasons(ledger) == ["duplicate", "same question with another answer as set.json:1"]
    assert [line["nearest"] for line in ledger] == [rows[0]["id"]] * 2


@pytest.mark.parametrize(
    ("first", "second", "score"),
    [
        (row("How large should my fund be?"), row("How large should the fund be?"), 22 / 28),
        (row("IS IT A FUND?"), row("is it a fund"), 1.0),
        (row("የድንገተኛ ጊዜ ገንዘብ ስንት ይሁን?", "የሦስት ወር ወጪ በቀላሉ በሚገኝ ሂሳብ ውስጥ አስቀምጥ ከዚያ በላይ ያለውን በፈንድ አስቀምጥ።"),
         row("የድንገተኛ ጊዜ ገንዘብ ስንት ይሁን", "የሦስት ወር ወጪ በቀላሉ በሚገኝ ሂሳብ ውስጥ አስቀምጥ ከዚያ በላይ ያለውን በፈንድ አስቀምጥ"), 1.0),
    ],
)  # fmt: skip
def test_the_later_of_rows_that_say_nearly_the_same_goes(first, second, score):
    kept, ledger = duplicates.drop_near_duplicates([first, row("Other?", "Something else is said."), second], 0.6, 128)
    assert [found["instruction"] for found in kept] == [first["instruction"], "Other?"]
    assert [(line["reason"], line["nearest"], line["id"]) for line in ledger] == [("near-duplicate", first["id"], second["id"])]
    assert ledger[0]["score"] == pytest.approx(score, abs=0.001)
    assert duplicates.drop_near_duplicates([first, second], 1.0, 128) == ([first, second], [])


def test_other_numbers_in_the_question_make_another_question():
    rows = [row("Can I wait 30 days to pay?"), row("Can I wait 60 days to pay?"), row("Can I wait 30 days to pay, please?")]
    kept, ledger = duplicates.drop_near_duplicates(rows, 0.6, 128)
    assert kept == rows[:2] and ledger[0]["nearest"] == rows[0]["id"]


def test_the_bound_itself_is_kept_and_short_texts_are_compared_whole():
    rows = [row("a", "b c"), row("a", "b d"), row("A?", "b c."), row("x", "y")]
    kept, ledger = duplicates.drop_near_duplicates(rows, 0.1, 16)
    assert kept == [rows[0], rows[1], rows[3]] and ledger[0]["score"] == 1.0
    # 3-grams of a b c d e and of a b c d: 2 of 3 are shared
    rows = [row("a", "b c d e"), row("a", "b c d")]
    assert duplicates.drop_near_duplicates(rows, 2 / 3, 128)[0] == rows
    assert duplicates.drop_near_duplicates(rows, 0.66, 128)[0] == rows[:1]


def loaded(name: str) -> list[dict]:
    return load(name, read(str(DATA / name), "auto", "train"), Columns("instruction", "input", "output"), 0)[0].kept


def said(found: dict) -> set:
    return duplicates._shingles(words(f"{question(found)}\n{found['output']}"))


def test_minhash_finds_what_comparing_all_pairs_finds():
    first, later = loaded("alpaca_finance.json"), loaded("dirty.json")
    shingles = [said(found) for found in first]
    twins = [found for found in later if max(duplicates._jaccard(said(found), other) for other in shingles) > 0.5]
    kept, ledger = duplicates.drop_near_duplicates([*first, *later], 0.5, 128)
    assert [line["row"] for line in ledger] == twins and len(twins) == 12
    assert kept[:300] == first
