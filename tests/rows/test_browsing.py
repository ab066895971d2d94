"""A page of the rows of a large file: every script is found, filters, what is broken."""

import json
import time

import pytest

from mbegu.errors import BadInput
from mbegu.rows.browsing import Wanted, browse, reasons_in
from mbegu.rows.ledger import entry
from mbegu.rows.row import parse_row, row_id

ROWS = [
    {"instruction": "What is <script>alert(1)</script> a Fund?", "output": "A pool."},
    {"instruction": "ሐብት ምንድን ነው?", "input": "ጽሑፍ", "output": "ንብረት ነው። 🌱"},
    {"instruction": "Akiba ni nini?", "output": "Fedha unazoweka kando kwa ajili ya baadaye."},
    {"instruction": "ما هي الفائدة؟", "output": "مبلغ يدفع مقابل \u200fاستخدام المال."},
    {"instruction": "Zero\u200bwidth?", "output": "Joined\u200d here."},
]


def origin(kind: str) -> dict:
    return {"kind": kind, "parents": [], "source": "data/seeds/v1.jsonl:1"}


@pytest.fixture
def path(write_jsonl):
    kinds = ["seed", "generated", "generated", "document", "reviewed"]
    return write_jsonl("v1.jsonl", [{**row, "origin": origin(kind)} for row, kind in zip(ROWS, kinds, strict=True)])


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (Wanted(), [0, 1, 2, 3, 4]),
        (Wanted(text="fund POOL"), [0]),
        (Wanted(text="<script>"), [0]),
        (Wanted(text="ሀብት"), [1]),  # which is spelled with another letter of the same sound
        (Wanted(text="ጽሁፍ 🌱"), [1]),
        (Wanted(text="FEDHA akiba"), [2]),
        (Wanted(text="استخدام"), [3]),
        (Wanted(text="zerowidth joined"), [4]),
        (Wanted(text="nowhere"), []),
        (Wanted(origin="generated"), [1, 2]),
        (Wanted(origin="generated", least=5), [2]),
        (Wanted(most=2), [0, 4]),
        (Wanted(least=3, most=5), [1, 3]),
    ],
)
def test_what_is_wanted_is_found_in_any_script(path, wanted, places):
    found = browse([path], wanted, 0, 50)
    assert [one.row["instruction"] for one in found.rows] == [ROWS[place]["instruction"] for place in places]
    assert found.total == len(places)


def test_pages_together_are_all_rows(path):
    pages = [browse([path, path], Wanted(), start, 3) for start in (0, 3, 6, 9, 12)]
    assert [len(page.rows) for page in pages] == [3, 3, 3, 1, 0] and {page.total for page in pages} == {10}
    assert pages[0].rows[0].row["id"] == row_id(ROWS[0]["instruction"], "")


def test_ledgers_are_searched_by_reason(write_jsonl):
    row = parse_row({"instruction": "ምን?", "output": "ይህ።"}, "s:1", answered=True)
    lines = [entry(row, "curate", "dropped", "refusal: as an ai"), entry(row, "merge", "dropped", "near-duplicate", 0.9, "ab")]
    path = write_jsonl("v1.ledger.jsonl", lines)
    assert reasons_in([path]) == ["refusal", "near-duplicate"]
    (found,) = browse([path], Wanted(reason="near-duplicate"), 0, 10).rows
    assert found.row == row and (found.said["score"], found.said["nearest"]) == (0.9, "ab")
    assert browse([path], Wanted(text="ምን", origin="seed"), 0, 10).total == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"instruction": "Q?"', r"v1\.jsonl:2: not valid JSON"),
        ("[1]", r"v1\.jsonl:2: expected a JSON object"),
        ('{"instruction": 5}', r"v1\.jsonl:2: 'instruction' is int"),
    ],
)
def test_a_broken_line_is_told(write_jsonl, line, message):
    path = write_jsonl("v1.jsonl", [{**ROWS[0], "origin": origin("seed")}, line])
    with pytest.raises(BadInput, match=message):
        browse([path], Wanted(), 0, 10)
    with pytest.raises(BadInput, match=r"none\.jsonl: No such file .*dvc repro"):
        browse([path.with_name("none.jsonl")], Wanted(), 0, 10)


def test_a_hundred_thousand_rows_open_at_once(tmp_path, pytestconfig):
    line = json.dumps({**ROWS[1], "id": row_id(ROWS[1]["instruction"], "ጽሑፍ"), "origin": origin("seed")}, ensure_ascii=False)
    path = tmp_path / "v1.jsonl"
    path.write_text(f"{line}\n" * 100_000, encoding="utf-8")
    begun = time.process_time()
    page = browse([path], Wanted(), 99_990, 50)
    assert (len(page.rows), page.total) == (10, 100_000)
    assert time.process_time() - begun < 2
