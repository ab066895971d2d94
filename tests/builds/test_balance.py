"""Rows in = rows out + rows dropped, of files that were built."""

import re

import pytest

from mbegu.builds.balance import check
from mbegu.builds.project import project_in
from mbegu.errors import BadInput
from mbegu.rows.ledger import entry
from mbegu.rows.row import row_id

PARAMS = """
versions: {v1: {extends: none}, አንድ: {extends: v1}, seti: {extends: none}}
seeds: {v1: {}}
questioned: {አንድ: {documents: d}}
sets: {seti: {always: data/questions.jsonl, heldout: data/heldout.jsonl}}
"""


def row(number: int, **origin) -> dict:
    text = f"Swali {number} ስለ ማሳ 🌱\u200d?"
    origin = {"kind": "seed", "parents": [], "source": "s:1", **origin}
    return {"id": row_id(text, ""), "instruction": text, "input": "", "output": "نعم.", "origin": origin}


def rows(*numbers: int) -> list[dict]:
    return [row(number) for number in numbers]


def dropped(*numbers: int) -> list[dict]:
    return [entry(row(number), "stage", "dropped", "too short") for number in numbers]


@pytest.fixture
def project(write_jsonl, tmp_path):
    """Three versions: seeds and a row that the teacher invented, documents, a set."""
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    (tmp_path / "metrics/encode").mkdir(parents=True)
    changed = entry(row(1), "curate", "changed", "edited")
    files = {
        "data/seeds/v1": rows(1, 2, 9), "data/expanded/v1": [*rows(1, 2), row(3, round=0)],
        "data/expanded/v1.ledger": [*dropped(9), entry(row(8, round=0), "expand", "dropped", "too short")],
        "data/curated/v1": rows(1, 2), "data/curated/v1.ledger": [changed, *dropped(3)],
        "data/versions/none": [], "data/versions/v1": rows(1, 2), "data/versions/v1.ledger": [],
        "data/encoded/v1.ledger": dropped(2),
        "data/questions/አንድ": rows(4, 5, 6), "data/expanded/አንድ.ledger": dropped(6),
        "data/expanded/አንድ": [*rows(4, 5), row(7, question_of="x")],
        "data/curated/አንድ": rows(4, 5, 7), "data/curated/አንድ.ledger": [],
        "data/versions/አንድ": rows(1, 2, 4, 5), "data/versions/አንድ.ledger": dropped(7),
        "data/loaded/seti": rows(1, 2, 3, 4), "data/cleaned/seti": rows(1, 2, 3), "data/cleaned/seti.ledger": dropped(4),
        "data/questions": [{**row(3), "checks": {"max_words": 9}}], "data/expanded/seti": rows(1),
        "data/heldout": [row(3), row(2)], "data/expanded/seti.ledger": dropped(3),
    }  # fmt: skip
    for name, lines in files.items():
        write_jsonl(f"{name}.jsonl", lines)
    (tmp_path / "metrics/encode/v1.csv").write_text("id,tokens,trained\nx,3,2\n")
    return project_in(tmp_path)


def test_each_stage_whose_files_are_there_is_counted(project, tmp_path):
    assert check(project, tmp_path, []) == 9
    (tmp_path / "data/curated/v1.jsonl").unlink()
    assert check(project, tmp_path, ["split@seti"]) == 6  # curate, merge and split are left out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("curated/v1", "3 rows went in, 3 came out and 1 were dropped"),
        ("curated/አንድ", "data/curated/አንድ.ledger.jsonl: 3 rows went in, 4 came out and 0 were dropped; a file was edited"),
        ("versions/አንድ", "went in, 5 came out and 1 were dropped; a file was edited by hand. Run `dvc repro --force merge@አንድ`."),
        ("cleaned/seti.ledger", "4 rows went in, 3 came out and 2 were dropped"),
        ("heldout", "4 rows went in, 4 came out and 1 were dropped"),
        ("encoded/v1.ledger", "2 rows went in, 1 came out and 2 were dropped"),
    ],
)
def test_a_row_more_is_one_sentence(project, tmp_path, write_jsonl, name, message):
    path = tmp_path / f"data/{name}.jsonl"
    lines = path.read_text("utf-8").splitlines()
    extra = dropped(9) if "ledger" in name else rows(9)
    write_jsonl(f"data/{name}.jsonl", [*lines, *extra])
    with pytest.raises(BadInput, match=re.escape(message)):
        check(project, tmp_path, [])
