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


EVERY = [Wanted(), Wanted(text="ሀብት"), Wanted(origin="seed"), Wanted(least=1), Wanted(text="x", origin="seed", most=3)]


@pytest.mark.parametrize("wanted", EVERY)
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"instruction": "Q?", "output": 5}', r"v1\.jsonl:6: 'output' is int, expected a string"),
        ('{"instruction": ["ሰላም"], "output": "ሀ"}', r"v1\.jsonl:6: 'instruction' is list, expected a string"),
        ('{"instruction": "Q?", "input": null, "output": "ሀ"}', r"v1\.jsonl:6: 'input' is NoneType, expected a string"),
        ('{"instruction": "Q?", "output": "ሀ", "origin": "x"}', r"v1\.jsonl:6: 'origin' is not an object"),
        ('{"row": "x"}', r"v1\.jsonl:6: not a row; run `mbegu check`"),
        ('{"row": {"instruction": "Q?"}, "stage": "curate"}', r"v1\.jsonl:6: not a row; run `mbegu check`"),
        ("<<<<<<< HEAD", r"v1\.jsonl:6: a mark of a merge that git left to you"),
        ("=======", r"v1\.jsonl:6: a mark of a merge"),
        (">>>>>>> of-wanjiru", r"v1\.jsonl:6: a mark of a merge"),
    ],
)
def test_what_was_broken_by_hand_or_by_a_merge_is_told_whatever_is_wanted(path, line, message, wanted):
    path.write_text(f"{path.read_text(encoding='utf-8')}{line}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        browse([path], wanted, 0, 10)


def test_a_ledger_shows_what_came_in_as_something_else_than_text(write_jsonl):
    row = {"id": "1f", "instruction": 5, "input": None, "output": ["ሰላም", "🌱"], "origin": origin("seed")}
    path = write_jsonl("v1.ledger.jsonl", [entry(row, "load", "changed", "made text: instruction was a number")])
    assert reasons_in([path]) == ["made text"]
    for wanted in (Wanted(), Wanted(text="ሰላም 5"), Wanted(origin="seed", least=1)):
        (found,) = browse([path], wanted, 0, 10).rows
        assert [found.row[key] for key in ("instruction", "input", "output")] == ["5", "", "['ሰላም', '🌱']"]


def test_a_hundred_thousand_rows_open_at_once(tmp_path, pytestconfig):
    line = json.dumps({**ROWS[1], "id": row_id(ROWS[1]["instruction"], "ጽሑፍ"), "origin": origin("seed")}, ensure_ascii=False)
    path = tmp_path / "v1.jsonl"
    path.write_text(f"{line}\n" * 100_000, encoding="utf-8")
    begun = time.process_time()
    page = browse([path], Wanted(), 99_990, 50)
    assert (len(page.rows), page.total) == (10, 100_000)
    assert time.process_time() - begun < 2
