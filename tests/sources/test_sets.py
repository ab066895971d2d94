"""Sets that others made, in every shape that they come in, and what is wrong with them."""

import csv
import json
import re
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbegu.errors import BadInput
from mbegu.rows.jsonl import write_lines
from mbegu.rows.ledger import check_balance, read_ledger
from mbegu.rows.row import KEYS, read_rows, row_id
from mbegu.sources.sets.columns import LOOKED_AT, as_text, load
from mbegu.sources.sets.records import Record, read
from mbegu.sources.sets.settings import Columns

COLUMNS = Columns("instruction", "input", "output")
RAW = [
    {"instruction": "የገንዘብ ገበያ ፈንድ ምንድን ነው?", "input": "", "output": "ገንዘብ ማስቀመጫ ነው።"},
    {"instruction": "Mfuko ni nini?", "input": "Kenya 🇰🇪", "output": "Ni akiba,\n\"salama\" 👨‍👩‍👧."},
    {"instruction": "ما هو الصندوق؟", "input": "٢٥٫٥", "output": "می‌خواهم one\u2028two\u0085three"},
]  # fmt: skip
DATA = Path(__file__).parents[2] / "examples/finance_qa/data/raw"


def write_csv(path: Path, rows: list[dict]) -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write(path: Path, content: str | bytes | list | dict) -> Path:
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def loaded(
    path: Path, columns: Columns = COLUMNS, most: int = 0, kind: str = "auto", split: str = "train", *, unreadable: float = 0.25
):
    found, count = load(str(path), read(str(path), kind, split), columns, most, unreadable=unreadable)
    check_balance(count, len(found.kept), found.ledger, "load")
    return found


def texts(rows: list[dict]) -> list[dict]:
    return [{key: row[key] for key in ("instruction", "input", "output")} for row in rows]


def dropped(found) -> list[tuple[str, str]]:
    return [(line["row"]["origin"]["source"].rsplit(":")[-1], line["reason"]) for line in found.ledger]


def as_lines(rows: list) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def by_number(rows: list) -> dict:
    return {str(number): row for number, row in zip((0, 2, 10), rows, strict=True)}


SHAPES = {
    "list.json": lambda path: write(path, RAW),
    "pretty.json": lambda path: write(path, json.dumps(RAW, indent=1)),
    "one_line.json": lambda path: write(path, json.dumps(RAW, ensure_ascii=True)),
    "lines.json": lambda path: write(path, as_lines(RAW)),
    "data.json": lambda path: write(path, {"version": "1", "data": RAW}),
    "numbered.json": lambda path: write(path, by_number(RAW[::-1])),
    "data_numbered.json": lambda path: write(path, {"data": by_number(RAW)}),
    "columns.json": lambda path: write(path, {key: by_number([row[key] for row in RAW]) for key in RAW[0]}),
    "rows.jsonl": lambda path: write(path, as_lines(RAW)),
    "crlf_bom_blank.JSONL": lambda path: write(path, "\ufeff" + as_lines(RAW).replace("\n", "\r\n\r\n  \r\n")),
    "cut_end.jsonl": lambda path: write(path, as_lines(RAW).rstrip("\n")),
    "rows.csv": lambda path: write_csv(path, RAW),
    "rows.parquet": lambda path: pyarrow.parquet.write_table(pyarrow.Table.from_pylist(RAW), path),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_the_same_rows(name, tmp_path):
    path = tmp_path / name
    SHAPES[name](path)
    found = loaded(path)
    rows = found.kept[::-1] if name == "numbered.json" else found.kept
    assert texts(rows) == RAW and found.ledger == [] and len(found.kept) == 3
    assert [tuple(row) for row in rows] == [KEYS] * 3
    for row in rows:
        assert row["id"] == row_id(row["instruction"], row["input"])
        assert row["origin"]["kind"] == "seed" and row["origin"]["parents"] == []
        assert re.fullmatch(rf"{re.escape(str(path))}:\d+", row["origin"]["source"])


def test_the_source_names_the_line_or_the_number(tmp_path):
    sources = {
        "a.csv": (write_csv(tmp_path / "a.csv", RAW), ["2", "3", "5"]),  # the second answer has two lines
        "a.jsonl": (write(tmp_path / "a.jsonl", "\n" + as_lines(RAW)), ["2", "3", "4"]),
        "a.json": (write(tmp_path / "a.json", RAW), ["1", "2", "3"]),
        "gaps.json": (write(tmp_path / "gaps.json", by_number(RAW)), ["0", "2", "10"]),
    }
    for path, expected in sources.values():
        assert [row["origin"]["source"] for row in loaded(path).kept] == [f"{path}:{place}" for place in expected]


def test_rows_are_written_and_read_again(tmp_path):
    found = loaded(write(tmp_path / "a.json", [*RAW, {"instruction": "q", "output": 5}, {"instruction": "q", "output": ""}]))
    write_lines(tmp_path / "rows.jsonl", found.kept)
    write_lines(tmp_path / "ledger.jsonl", found.ledger)
    assert read_rows(tmp_path / "rows.jsonl", answered=True) == found.kept
    assert read_ledger(tmp_path / "ledger.jsonl") == found.ledger


def test_columns_are_mapped_others_left_out_and_an_empty_name_is_no_input(tmp_path):
    raw = [{"Question ": " q1 ", "answer": "a1", "input": "not ours"}]
    found = loaded(write_csv(tmp_path / "a.csv", raw), Columns("Question", "", "answer"))
    assert texts(found.kept) == [{"instruction": "q1", "input": "", "output": "a1"}]
    # the index column of a data frame has no name, and is no input either
    path = write(tmp_path / "b.csv", ",Question,answer\n7,q1,a1\n")
    assert texts(loaded(path, Columns("Question", "", "answer")).kept) == texts(found.kept)


def test_an_input_may_be_left_out_of_lines_where_it_is_empty(tmp_path):
    raw = [{"instruction": "q1", "output": "a"}, {"instruction": "q2", "input": None, "output": "a"},
           {"instruction": "q3", "input": "x", "output": "a"}]  # fmt: skip
    found = loaded(write(tmp_path / "a.jsonl", as_lines(raw)))
    assert [row["input"] for row in found.kept] == ["", "", "x"] and found.ledger == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (None, ""), (5, "5"), (-2.5, "-2.5"), (["a"], "a"), ([], None), (["a", "b"], None), ([5], None), (True, None),
     ({"a": 1}, None), (float("nan"), None), (float("inf"), None), (b"a", None)],
)  # fmt: skip
def test_values_become_text_if_nothing_is_lost(value, expected):
    assert as_text(value) == expected


def test_wrong_types_are_changed_or_dropped_with_a_line_each(tmp_path):
    raw = [
        '{"instruction": "q1", "output": 15.50}', '{"instruction": ["q2"], "output": 7}',
        '{"instruction": "q3", "output": [1, 2]}',
        '{"instruction": "q4", "output": NaN}', '{"instruction": "q5", "input": {"a": "ሰ"}, "output": "a"}', '["q6", "a"]',
        '{"instruction": "q7", "output": true}', '{"instruction": null, "output": "a"}',
        '{"instruction": "\u200f\u00a0", "output": " "}',
        '{"instruction": "q10", "input": "x"}', '{"instruction": "q11", "output": "cut \\ud83d"}', '"text"', "5",
    ]  # fmt: skip
    found = loaded(write(tmp_path / "a.jsonl", "\n".join(raw)))
    assert texts(found.kept) == [
        {"instruction": "q1", "input": "", "output": "15.50"},
        {"instruction": "q2", "input": "", "output": "7"},
    ]
    assert dropped(found) == [
        ("1", "made text: output was Decimal"),
        ("2", "made text: instruction was list of 1, output was int"),
        ("3", "wrong type: output is list of 2"),
        ("4", "wrong type: output is float"),
        ("5", "wrong type: input is dict of 1"),
        ("6", "wrong type: the record is list, no object"),
        ("7", "wrong type: output is bool"),
        ("8", "empty instruction"),
        ("9", "empty output"),
        ("10", "empty output"),
        ("11", "half of a surrogate pair in output"),
        ("12", "wrong type: the record is str, no object"),
        ("13", "wrong type: the record is int, no object"),
    ]
    assert [line["action"] for line in found.ledger] == ["changed"] * 2 + ["dropped"] * 11
    rows = [line["row"] for line in found.ledger]
    assert rows[1]["instruction"] == '["q2"]' and rows[2]["output"] == "[1, 2]" and rows[4]["input"] == '{"a": "ሰ"}'
    assert rows[5]["instruction"] == '["q6", "a"]' and rows[3]["output"] == "NaN" and rows[10]["output"] == "cut ?"
    assert found.ledger[0]["id"] == found.kept[0]["id"]
    write_lines(tmp_path / "ledger", found.ledger)  # whatever the record held can be written


def test_parquet_values_of_other_types(tmp_path):
    table = pyarrow.table({"instruction": [["q1"], ["q", "r"]], "input": [1.5, None], "output": [b"a", b"b"]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(BadInput, match=r"a.parquet:1: wrong type: output is bytes; nor can another of the 2 records"):
        loaded(tmp_path / "a.parquet")


def test_the_same_question_twice_is_for_the_clean_stage(tmp_path):
    assert len(loaded(write(tmp_path / "a.json", [RAW[0], RAW[0]])).kept) == 2


def test_ragged_lines_of_csv_go_to_the_ledger_and_the_rest_continues(tmp_path):
    text = 'instruction,input,output\r\nq1,,a1\r\nq2,a2\r\n\r\n"q3\r\nmore",,a3\r\nq4,,a4,extra\r\n  \r\nq5,,a5'
    found = loaded(write(tmp_path / "a.csv", "\ufeff" + text), unreadable=0.5)
    assert [row["output"] for row in found.kept] == ["a1", "a3", "a5"]
    assert dropped(found) == [("3", "ragged: 2 cells, the header has 3"), ("7", "ragged: 4 cells, the header has 3")]
    assert [line["row"]["instruction"] for line in found.ledger] == ["q2,a2", "q4,,a4,extra"]
    assert found.kept[1]["origin"]["source"].endswith(":5")


def test_huge_cells(tmp_path):
    answer = "ሰላም " * 100_000  # more than three times the csv module's own limit
    rows = [{"instruction": "q", "input": "", "output": answer}]
    for path in (
        write_csv(tmp_path / "a.csv", rows),
        write(tmp_path / "a.json", rows),
        write(tmp_path / "a.jsonl", as_lines(rows)),
    ):
        assert loaded(path).kept[0]["output"] == answer.strip()


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_only_the_first_records_are_read(name, tmp_path):
    good = write_csv(tmp_path / name, RAW) if name == "a.csv" else write(tmp_path / name, as_lines(RAW))
    good.write_bytes(good.read_bytes() + b"\xff\0 never reached")
    assert texts(loaded(good, most=3).kept) == RAW
    assert [row["instruction"] for row in loaded(good, most=1).kept] == [RAW[0]["instruction"]]
    with pytest.raises(BadInput):
        loaded(good)


def test_parquet_is_read_in_batches(tmp_path):
    rows = [{"instruction": f"q{number}", "input": "", "output": "a"} for number in range(250)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=30)
    assert [row["instruction"] for row in loaded(tmp_path / "a.parquet", most=201).kept] == [f"q{n}" for n in range(201)]


BROKEN = {
    "missing.jsonl": (None, "no such file or folder; name one, or a set on a hub"),
    "folder/missing": (None, "no such file or folder"),
    "empty.json": ("", "empty.json:1: not valid JSON (Expecting value at column 1)"),
    "empty.jsonl": ("\n\n", "holds no records"),
    "empty.csv": ("", "holds no records"),
    "header.csv": ("instruction,input,output\n", "holds no records"),
    "list.json": ("[]", "holds no records"),
    "cut.json": ('[\n{"instruction": "q", "output": "(us', "cut.json:2: not valid JSON (Unterminated string"),
    "cut.jsonl": ('{"instruction": "q", "output": "a"}\n{"instruction": "(us', "cut.jsonl:2: not valid JSON (Unterminated"),
    "text.json": ("just text", "text.json:1: not valid JSON"),
    "twice.jsonl": ('{"instruction": "q", "output": "a", "output": "b"}', "'output' stands twice"),
    "deep.json": ("[" * 100_000, "deep.json:1: not readable as JSON"),
    "digits.jsonl": ('{"output": ' + "9" * 5000 + "}", "digits.jsonl:1: not readable as JSON"),
    "number.json": ("5", "holds int, expected a list of objects"),
    "nul.jsonl": (b'{"instruction": "q", "output": "a"}\n\0\0\0', "nul.jsonl:2: holds a NUL byte"),
    "quote.csv": ('instruction,input,output\nq,,a\n"q2,,a\nq3,,a\n', "quote.csv:3: not valid CSV (unexpected end of data)"),
    "twins.csv": ("instruction,input,output,input\nq,,a,b", "two columns have one name"),
    "no_header.csv": ("What is it?,,It is.\nWhy?,,So.\n", "'What is it?'. Set load.columns.instruction; a CSV file begins"),
    "broken.parquet": (b"PAR1 and no more", "not readable as parquet"),
    "empty.parquet": (b"", "not readable as parquet"),
    "rows.xlsx": (b"PK", "no format has the ending '.xlsx'; there are .json, .jsonl, .csv, .parquet"),
    "all_empty.json": ([{"instruction": "q", "input": "", "output": ""}], "json:1: empty output; nor can another of the 1"),
    "scalars.json": (["q", "a"], "scalars.json:1: wrong type: the record is str, no object"),
    "spelling.json": ([{"instrucion": "q", "output": "a"}], "there are 'instrucion', 'output'. Did you mean 'instrucion'?"),
    "no_input.json": ([{"instruction": "q", "output": "a"}], "no column 'input'; there are 'instruction', 'output'. Set load"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_set_that_cannot_be_read_is_one_clear_sentence(name, tmp_path):
    content, message = BROKEN[name]
    (tmp_path / "folder").mkdir()
    if content is not None:
        write(tmp_path / name, content)
    if name == "no_header.csv":
        message = (
            "no column 'instruction'; there are '', 'It is.', 'What is it?'. Set load.columns.instruction; a CSV file begins"
        )
        content = write(tmp_path / name, "What is it?,,It is.\nWhy?,,So.\n")
    with pytest.raises(BadInput) as error:
        loaded(tmp_path / name)
    assert message in str(error.value) and name in str(error.value) and "\n" not in str(error.value)


def test_a_column_that_never_comes_is_noticed_before_a_large_set_is_read():
    def endless():
        while True:
            yield Record("a:1", {"question": "q", "output": "a"})

    with pytest.raises(BadInput, match="no column 'instruction'; there are 'output', 'question'"):
        load("a", endless(), COLUMNS, 0)
    lines = [Record("a:1", {"instruction": "q", "output": "a"})] * LOOKED_AT
    late = [*lines, Record("a:2", {"instruction": "q", "input": "x", "output": "a"})]
    assert load("a", late, COLUMNS, 0)[0].kept[-1]["input"] == "x"


def test_long_and_strange_column_names_are_shown_short():
    with pytest.raises(BadInput) as error:
        load("a", [Record("a:1", {"ሰ" * 500: "q"})], COLUMNS, 0)
    assert "ሰ" * 39 + "…" in str(error.value) and len(str(error.value)) < 250


def test_a_folder_holds_a_set(tmp_path):
    folder = tmp_path / "a set [1]"
    write(folder / "b.jsonl", as_lines(RAW[1:]))
    write(folder / "a.JSON", RAW[:1])
    write(folder / "README.md", "# No data")
    write(folder / ".hidden.jsonl", as_lines(RAW))
    found = loaded(folder)
    assert texts(found.kept) == RAW
    assert found.kept[0]["origin"]["source"] == f"{folder}/a.JSON:1"
    assert len(loaded(folder, kind="jsonl").kept) == 2
    with pytest.raises(BadInput, match=r"no file of the split 'train' ends in .csv"):
        loaded(folder, kind="csv")
    with pytest.raises(BadInput, match="no split 'test'; there are train"):
        loaded(folder, split="test")


@pytest.mark.parametrize(
    "names",
    [
        ("train.jsonl", "test.jsonl"),
        ("data/train-00000-of-00001.jsonl", "data/test-00000-of-00001.jsonl"),
        ("train/x.jsonl", "test/x.jsonl"),
    ],
)
def test_a_folder_has_splits_by_the_rules_of_the_hub(names, tmp_path):
    for name, rows in zip(names, (RAW[:2], RAW[2:]), strict=True):
        write(tmp_path / name, as_lines(rows))
    assert texts(loaded(tmp_path).kept) == RAW[:2]
    assert texts(loaded(tmp_path, split="test").kept) == RAW[2:]
    with pytest.raises(BadInput, match="no split 'dev'; there are train, test"):
        loaded(tmp_path, split="dev")


def test_a_folder_is_named_as_it_was_given(tmp_path, monkeypatch):
    write(tmp_path / "sets/a/x.jsonl", as_lines(RAW))
    monkeypatch.chdir(tmp_path / "sets")
    for given_, source in (("a", "a/x.jsonl:1"), ("../sets/a", "../sets/a/x.jsonl:1")):
        assert loaded(Path(given_)).kept[0]["origin"]["source"] == source


def test_an_empty_folder_and_a_split_of_a_file(tmp_path):
    with pytest.raises(BadInput, match="no file of the split 'train' ends in"):
        loaded(tmp_path)
    with pytest.raises(BadInput, match="no split 'test'; a single file is the split 'train'"):
        loaded(write(tmp_path / "a.json", RAW), split="test")
    with pytest.raises(BadInput, match="'': no such file"):
        read("", "auto", "train")


def test_a_format_that_is_named_wins_over_the_ending(tmp_path):
    assert texts(loaded(write(tmp_path / "rows.txt", as_lines(RAW)), kind="jsonl").kept) == RAW
    with pytest.raises(BadInput, match=r"rows.txt:1: not valid JSON \(Extra data|rows.txt: not readable as parquet"):
        loaded(tmp_path / "rows.txt", kind="parquet")


ANY = st.fixed_dictionaries(dict.fromkeys(("instruction", "input", "output"), st.text(max_size=20)))


@settings(max_examples=50, deadline=None)
@given(st.lists(ANY, min_size=1, max_size=5))
def test_any_text_is_a_row_or_is_in_the_ledger(tmp_path_factory, raw):
    folder = tmp_path_factory.mktemp("any")
    usable = sum(bool(row["instruction"].strip() and row["output"].strip()) for row in raw)
    for path in (write(folder / "a.jsonl", as_lines(raw)), write(folder / "a.json", raw)):
        if usable:
            found = loaded(path)
            assert len(found.kept) == usable and len(found.ledger) == len(raw) - usable
        else:
            with pytest.raises(BadInput, match="nor can another"):
                loaded(path)


def test_the_finance_set():
    found = loaded(DATA / "alpaca_finance.json")
    assert len(found.kept) == 300 and found.ledger == [] and len({row["id"] for row in found.kept}) == 300
    found = loaded(DATA / "dirty.json")
    assert [line["reason"] for line in found.ledger] == ["empty output"] * 2 + ["empty instruction"] * 2
