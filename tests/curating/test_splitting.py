"""A row never changes sides."""

from mbegu.curating.splitting import as_written, drop_asked, is_held_out, split
from mbegu.rows.heldout import read_heldout
from mbegu.rows.jsonl import write_lines
from mbegu.rows.row import row_id


def row(instruction: str, output: str = "An answer.") -> dict:
    origin = {"kind": "seed", "parents": [], "source": f"set.json:{instruction}"}
    return {"id": row_id(instruction, ""), "instruction": instruction, "input": "", "output": output, "origin": origin}


ROWS = [row(f"ጥያቄ {number} 🙂?") for number in range(1000)]


def ids(rows: list[dict]) -> list[str]:
    return [found["id"] for found in rows]


def test_about_the_fraction_is_held_out_and_each_row_is_on_one_side():
    train, heldout = split(ROWS, 0.1)
    assert 70 < len(heldout) < 130 and len(train) + len(heldout) == 1000 and drop_asked(ROWS, []) == (ROWS, [])
    held_out = set(ids(heldout))
    assert [value for value in ROWS if value["id"] not in held_out] == train
    assert [value for value in ROWS if value["id"] in held_out] == heldout


def test_no_row_changes_sides_when_others_come_or_go_or_its_answer_is_edited():
    before = set(ids(split(ROWS, 0.1)[1]))
    assert set(ids(split(ROWS[::-2], 0.1)[1])) == before & set(ids(ROWS[::-2]))
    assert set(ids(split([{**value, "output": "Edited."} for value in ROWS], 0.1)[1])) == before
    assert before <= set(ids(split(ROWS, 0.2)[1]))


def test_the_sides_are_these_on_every_machine():
    # `printf "heldout $id" | sha256sum` begins with 7d17aa96, dcf82687 and 75562264
    ids_ = ("c24c24ed3655a948", "0" * 16, "f" * 16)
    assert [is_held_out(id_, 0x7D17AA96 / 2**32) for id_ in ids_] == [False, False, True]
    assert [is_held_out(id_, 0x7D17AA97 / 2**32) for id_ in ids_] == [True, False, True]
    assert not any(is_held_out(value["id"], 0) for value in ROWS)


def test_what_a_written_row_asks_is_neither_trained_on_nor_tested_twice():
    kept, ledger = drop_asked(ROWS, [ROWS[3], row("not in the set")])
    assert ids([line["row"] for line in ledger]) == [ROWS[3]["id"]]
    assert ledger[0]["reason"] == "asks the same as the held-out row set.json:ጥያቄ 3 🙂?"
    assert ledger[0]["action"] == "dropped" and ledger[0]["nearest"] == ROWS[3]["id"]
    assert kept == ROWS[:3] + ROWS[4:]


def test_written_rows_keep_their_checks(tmp_path):
    lines = [{"instruction": "Give two.", "output": "1. a\n2. b", "checks": {"items": 2}},
             {"instruction": "What?", "output": "I don't know", "unanswerable": True},
             {"instruction": "ምን?", "output": "ያ"}]  # fmt: skip
    write_lines(tmp_path / "a.jsonl", lines)
    read = read_heldout(tmp_path / "a.jsonl")
    written = [as_written(value) for value in read]
    assert [sorted(set(value) - {"id", "instruction", "input", "output", "origin"}) for value in written] == [
        ["checks"], ["unanswerable"], [],
    ]  # fmt: skip
    write_lines(tmp_path / "b.jsonl", written)
    assert read_heldout(tmp_path / "b.jsonl") == read
