"""One record that can't be read costs itself; what is left out of a set is said."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbegu.errors import BadInput
from mbegu.rows.ledger import check_balance
from mbegu.sources.sets.columns import left_out, load, noted
from mbegu.sources.sets.records import read
from mbegu.sources.sets.settings import Columns

COLUMNS = Columns("instruction", "input", "output")
RAW = [
    {"instruction": "ጥያቄ ምንድን ነው?", "input": "", "output": "መልስ ነው።"},
    {"instruction": "Swali ni nini?", "input": "x", "output": "Jibu 👨‍👩‍👧"},
    {"instruction": "ما السؤال؟", "input": "", "output": "می‌خواهم"},
]  # fmt: skip
QUESTIONS = [row["instruction"] for row in RAW]
GOOD = [json.dumps(row, ensure_ascii=False) for row in RAW]
LONG = f'{{"instruction": "n", "input": "", "output": {"9" * 400}}}'
BAD = {
    "400 digits": (LONG, ""),
    "400 digits with a point": (LONG.replace("9}", "9.5e400}"), ""),
    "5,000 digits": (f'{{"instruction": "n", "output": {"9" * 5000}}}', "not readable as JSON (Exceeds the limit"),
    "deep": ("[" * 100_000, "not readable as JSON (maximum recursion"),
    "deep and whole": ('{"instruction": "q", "output": ' + "[" * 100_000 + "]" * 100_000 + "}", "not readable as JSON"),
    "a key twice": ('{"instruction": "q", "output": "a", "output": "b"}', "not readable as JSON (the key 'output' stands twice"),
    "cut": ('{"instruction": "(us', "not valid JSON (Unterminated string"),
    "a carriage return": ('{"instruction": "q", "output": "a\rb"}', "not valid JSON (Invalid control character"),
    "NUL": ('{"instruction": "q", "output": "\0"}', "holds a NUL byte"),
    "a comma": ('{"instruction": "q", "output": "a",}', "not valid JSON ("),
    "a list": ('["q", "a"]', "wrong type: the record is list, no object"),
    "half a pair": ('{"instruction": "q", "output": "\\ud83d"}', "half of a surrogate pair in output"),
}
PLACES = {"first": 0, "in the middle": 1, "last": 3}


def loaded(path: Path, **how):
    found, count = load(str(path), read(str(path), "auto", "train"), COLUMNS, 0, **how)
    check_balance(count, len(found.kept), found.ledger, "load")
    return found


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def asked(found) -> list[str]:
    return [row["instruction"] for row in found.kept]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("kind", ["jsonl", "list.json", "data.json"])
def test_one_bad_record_is_one_line_of_the_ledger(kind, name, place, tmp_path):
    record, reason = BAD[name]
    records = [*GOOD]
    records.insert(PLACES[place], record)
    text = "\n".join(records) if kind == "jsonl" else "[" + ",\n".join(records) + "]"
    text = '{"data": ' + text + "}" if kind == "data.json" else text
    found = loaded(write(tmp_path / f"a.{kind}", text))
    line = found.ledger[0]
    assert len(found.ledger) == 1 and line["row"]["origin"]["source"].endswith(f"a.{kind}:{PLACES[place] + 1}")
    if reason:
        assert asked(found) == QUESTIONS and line["action"] == "dropped" and line["reason"].startswith(reason)
    else:
        assert asked(found) == [*QUESTIONS[: PLACES[place]], "n", *QUESTIONS[PLACES[place] :]]
        assert line["reason"].startswith("made text: output was ")


@pytest.mark.parametrize("name", ["cut", "deep"])
def test_a_list_that_is_cut_off_keeps_what_is_whole(name, tmp_path):
    found = loaded(write(tmp_path / "a.json", "[" + ",\n".join([*GOOD, BAD[name][0]])))
    assert asked(found) == QUESTIONS and len(found.ledger) == 1


def test_files_that_were_put_together_are_read_whole(tmp_path):
    half = "\ufeff" + "\n".join(GOOD[:2])
    for text in (f"{half}\n\ufeff{GOOD[2]}\n", f"{half}\ufeff{GOOD[2]}", f"{half}{GOOD[2]}", f"{half}\r{GOOD[2]}"):
        found = loaded(write(tmp_path / "a.jsonl", text))
        assert asked(found) == QUESTIONS and found.ledger == []
    found = loaded(write(tmp_path / "a.csv", "\ufeffinstruction,input,output\r\nq1,,a\r\n\ufeffq2,,a\r\n"))
    assert asked(found) == ["q1", "q2"]


def test_a_broken_record_of_a_table_costs_no_other(tmp_path):
    lines = ["instruction,input,output", "q1,,a", "q2,x\ry,a", '"q3,,a', "q4,,a", 'q5,"b"c,a', "q6,,a", '"q7\nmore",,a', "q8,,a"]
    found = loaded(write(tmp_path / "a.csv", "\n".join(lines)))
    assert asked(found) == ["q1", "q4", "q6", "q7\nmore", "q8"]
    assert [line["row"]["origin"]["source"].rpartition(":")[2] for line in found.ledger] == ["3", "4", "6"]
    assert all(line["reason"].startswith("not valid CSV (") for line in found.ledger)
    assert [line["row"]["instruction"] for line in found.ledger] == ["q2,x\ry,a", '"q3,,a', 'q5,"b"c,a']


def test_a_byte_that_is_no_utf_8_costs_its_record(tmp_path):
    for name, text in (("a.jsonl", "\n".join([*GOOD, *GOOD])), ("a.json", "[" + ",".join([*GOOD, *GOOD]) + "]")):
        found = loaded(write(tmp_path / name, text.encode().replace(b"Jibu", b"Jib\xff", 1)))
        assert len(found.kept) == 5 and [line["reason"] for line in found.ledger] == ["not valid UTF-8 in output"]
        assert found.ledger[0]["row"]["output"].startswith("Jib?")


@pytest.mark.parametrize(("bad", "share", "fine"), [(2, 0.5, True), (3, 0.5, False), (1, 0, False), (0, 0, True), (9, 1, True)])
def test_a_file_of_which_too_much_is_unreadable_is_refused(bad, share, fine, tmp_path):
    path = write(tmp_path / "a.jsonl", "\n".join([*GOOD, *["{"] * bad]))
    if fine:
        assert asked(loaded(path, unreadable=share)) == QUESTIONS
        return
    with pytest.raises(BadInput, match=rf"a.jsonl:4: not valid JSON \(.*; {bad} of {bad + 3} records of .*a.jsonl can't be read"):
        loaded(path, unreadable=share)


def test_one_bad_file_of_a_folder_is_refused_however_many_good_ones_there_are(tmp_path):
    for number in range(5):
        write(tmp_path / f"set/{number}.jsonl", "\n".join(GOOD))
    write(tmp_path / "set/x.jsonl", "no JSON\nat all")
    with pytest.raises(BadInput, match=r"x.jsonl:1: not valid JSON"):
        loaded(tmp_path / "set")


def test_every_file_of_a_folder_is_read_or_named(tmp_path):
    for name in ("train_a.jsonl", "more.jsonl", "test.jsonl"):
        write(tmp_path / "set" / name, GOOD[0])
    write(tmp_path / "set/train_b.tsv", "instruction\tinput\toutput\nq\t\ta\n")
    for name in ("README.md", ".gitattributes", "ሰነድ.docx", ".cache/deep/file.jsonl"):
        write(tmp_path / "set" / name, "text")
    found = loaded(tmp_path / "set")
    assert asked(found) == [QUESTIONS[0], "q"]
    endings = "it ends in none of .json, .jsonl, .csv, .parquet, .tsv, .ndjson"
    assert {line["row"]["instruction"]: line["reason"] for line in found.ledger} == {
        "more.jsonl": "left out: it is not of the split 'train'",
        "test.jsonl": "left out: it is not of the split 'train'",
        "README.md": f"left out: {endings}",
        "ሰነድ.docx": f"left out: {endings}",
        ".gitattributes": "left out: it is hidden",
        ".cache": "left out: it is hidden",
    }
    assert {line["action"] for line in found.ledger} == {"left out"}
    assert found.ledger[0]["row"]["origin"]["source"].startswith(str(tmp_path / "set"))


def test_a_row_of_blank_cells_is_counted_and_a_blank_line_is_none(tmp_path):
    found = loaded(write(tmp_path / "a.csv", "\n,,\ninstruction,input,output\nq1,,a\n,,\n\n  \n , ,\nq2,,a\n,,,,,\n"))
    assert asked(found) == ["q1", "q2"]
    assert [line["reason"] for line in found.ledger] == ["empty instruction"] * 3
    assert [line["row"]["origin"]["source"].rpartition(":")[2] for line in found.ledger] == ["5", "8", "10"]


def test_columns_that_are_left_out_are_said_once_and_can_be_mapped(tmp_path):
    rows = [{**row, "system": "ስርዓት", "history": [["a", "b"]], "empty": "", "tool_calls": []} for row in RAW]
    path = write(tmp_path / "a.json", json.dumps(rows))
    counts = Counter()
    load("a", noted(read(str(path), "auto", "train"), counts), COLUMNS, 0)
    said = left_out(counts, COLUMNS, [])
    assert said.startswith("columns left out: 'system' (in 3 records), 'history' (in 3 records). load.context: [system]")
    assert left_out(counts, COLUMNS, ["system", "history"]) == ""
    assert "history" in left_out(counts, COLUMNS, ["system"])
    with pytest.raises(BadInput, match=r"load.context: no column 'histroy' holds anything; there are 'instruction'"):
        left_out(counts, COLUMNS, ["histroy"])
    found, _ = load("a", read(str(path), "auto", "train"), COLUMNS, 0, context=["system", "history"])
    assert [row["input"] for row in found.kept][:2] == ["ስርዓት\n\nUser: a\n\nAssistant: b", "ስርዓት\n\nUser: a\n\nAssistant: b\n\nx"]


PIECES = [
    b'{"instruction": "q", "output": "a"}',
    b"instruction,input,output\n",
    b"q,,a\n",
    b'"',
    b"\\",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b";",
    b"\t",
    b"\r",
    b"\n",
    b"\0",
    b"\xff",
    b"\xfe",
    "ሰላም 👨‍👩‍👧".encode(),
    b"\xef\xbb\xbf",
    b"sep=;\n",
    b"caf\xe9",
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["jsonl", "json", "csv", "tsv", "csv.gz"]),
    st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=14),
)
def test_any_bytes_are_rows_or_one_sentence(tmp_path_factory, kind, pieces):
    path = write(tmp_path_factory.mktemp("any") / f"a.{kind}", b"".join(pieces))
    try:
        loaded(path, unreadable=1.0)
    except BadInput as error:
        assert str(path) in str(error) and "\n" not in str(error)
