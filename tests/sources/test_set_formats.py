"""Formats in which sets are shared, beside those of test_sets.py."""

import gzip
import json

import numpy
import pyarrow
import pyarrow.parquet
import pytest
from test_unreadable import GOOD, QUESTIONS, RAW, asked, loaded, write

from mbegu.errors import BadInput
from mbegu.sources.sets.columns import load
from mbegu.sources.sets.records import read
from mbegu.sources.sets.settings import Columns

HEADER = ["instruction", "input", "output"]
LATIN = [("Où est le café?", "", "À côté, « là-bas »"), ("Größe?", "", "20 °C – gut"), ("q", "", "a")]


def texts(found) -> list[tuple[str, str, str]]:
    return [(row["instruction"], row["input"], row["output"]) for row in found.kept]


def cells(rows: list[tuple[str, ...]], separator: str, end: str = "\n") -> str:
    return end.join(separator.join(row) for row in [tuple(HEADER), *rows]) + end


TABLES = {
    "tabs": (
        "a.tsv",
        cells([("q, 1", "", 'say "no"'), ('"q2', "ሰላም", "a")], "\t"),
        [("q, 1", "", 'say "no"'), ('"q2', "ሰላም", "a")],
    ),
    "quoted tabs": ("a.tsv", cells([("q", "", '"a\tb ""c"""')], "\t"), [("q", "", 'a\tb "c"')]),
    "tabs in a csv": ("a.csv", cells([("q, 1", "", "a")], "\t"), [("q, 1", "", "a")]),
    "semicolons": ("a.csv", cells([("q, 1", "", "1,5"), ("ما", "", '"a;b"')], ";"), [("q, 1", "", "1,5"), ("ما", "", "a;b")]),
    "sep=": ("a.csv", "sep=;\r\n" + cells([("q", "", "a")], ";", "\r\n"), [("q", "", "a")]),
    "sep= of a tab": ("a.csv", "sep=\t\n" + cells([("q", "", "a")], "\t"), [("q", "", "a")]),
    "backslash quotes": (
        "a.csv",
        cells([("q", "", r'"say \"yes, please\" \\frac 1"'), ("r", "", r'"C:\temp"')], ","),
        [("q", "", r'say "yes, please" \\frac 1'), ("r", "", r"C:\temp")],
    ),
    "backslashes that are text": (
        "a.csv",
        cells([("q", "", r'"\frac{1}{2}, ""x"" C:\"')], ","),
        [("q", "", r'\frac{1}{2}, "x" C:' + "\\")],
    ),
    "carriage returns": ("a.csv", cells([("q", "", "a"), ("r", "", '"a\rb"')], ",", "\r"), [("q", "", "a"), ("r", "", "a\nb")]),
    "trailing commas": ("a.csv", cells([("q", "", "a,"), ("r", "", "a,,")], ","), [("q", "", "a"), ("r", "", "a")]),
    "a trailing comma in the header": ("a.csv", "instruction,input,output,\nq,,a\nr,,a,\n", [("q", "", "a"), ("r", "", "a")]),
    "cp1252": ("a.csv", cells(LATIN, ";").encode("cp1252"), LATIN),
    "cp1252 far behind": (
        "a.csv",
        (cells([("q", "", "a")] * 3000, ",") + "café,,a\n").encode("cp1252"),
        [*[("q", "", "a")] * 3000, ("café", "", "a")],
    ),
    "UTF-16": ("a.csv", cells([("ጥያቄ", "", "a\u0a0d")], ",").encode("utf-16"), [("ጥያቄ", "", "a\u0a0d")]),
    "UTF-16 without a mark": ("a.csv", cells([("ጥያቄ", "", "🙂")], "\t", "\r\n").encode("utf-16-le"), [("ጥያቄ", "", "🙂")]),
    "UTF-16, the other order": ("a.csv", cells([("ጥያቄ", "", "🙂")], ",").encode("utf-16-be"), [("ጥያቄ", "", "🙂")]),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(name, tmp_path):
    file, content, expected = TABLES[name]
    found = loaded(write(tmp_path / file, content))
    assert texts(found) == expected and found.ledger == []


JSON = {
    "one record": ("a.json", json.dumps(RAW[0]), 1),
    "one record over lines": ("a.json", json.dumps(RAW[0], indent=2), 1),
    "lines": ("a.json", "\n".join(GOOD), 3),
    "lines with a blank one": ("a.json", "\n\n".join(GOOD), 3),
    "lines, the first of them broken": ("a.json", "\n".join(["{}}", *GOOD]), 3),
    "objects over lines": ("a.json", "\n".join(json.dumps(row, indent=1, ensure_ascii=False) for row in RAW), 3),
    "ndjson": ("a.ndjson", "\n".join(GOOD), 3),
    "UTF-16": ("a.json", json.dumps(RAW, ensure_ascii=False).encode("utf-16"), 3),
    "UTF-16 lines": ("a.jsonl", ("\n".join(GOOD)).encode("utf-16-le"), 3),
}  # fmt: skip


@pytest.mark.parametrize("name", JSON)
def test_json(name, tmp_path):
    file, content, count = JSON[name]
    assert asked(loaded(write(tmp_path / file, content))) == QUESTIONS[:count]


def test_json_in_windows_1252(tmp_path):
    rows = [dict(zip(HEADER, row, strict=True)) for row in LATIN]
    for name, text in (
        ("a.json", json.dumps(rows, ensure_ascii=False)),
        ("a.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)),
    ):
        assert texts(loaded(write(tmp_path / name, text.encode("cp1252")))) == LATIN


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.jsonl", "\n".join(GOOD)), ("a.csv", "\ufeff" + cells([("q", "", "a")], ";")), ("a.json", f"[{','.join(GOOD)}]")],
)
def test_compressed_files(name, text, tmp_path):
    plain = loaded(write(tmp_path / name, text))
    packed = write(tmp_path / f"{name}.gz", gzip.compress(text.encode()))
    with pyarrow.CompressedOutputStream(str(tmp_path / f"{name}.zst"), "zstd") as stream:
        stream.write(text.encode())
    for path in (packed, tmp_path / f"{name}.zst"):
        found = loaded(path)
        assert texts(found) == texts(plain)
        assert [row["origin"]["source"].rpartition(":")[0] for row in found.kept] == [str(path)] * len(found.kept)
    folder = tmp_path / "set"
    write(folder / f"{name}.gz", packed.read_bytes())
    assert texts(loaded(folder)) == texts(plain)


CUT = gzip.compress(b"x" * 100_000, mtime=0)[:60]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
@pytest.mark.parametrize("content", [b"no archive", b"", CUT], ids=["text", "empty", "cut"])
def test_a_compressed_file_that_is_broken(name, content, tmp_path):
    with pytest.raises(BadInput, match=r"a.jsonl.(gz|zst): ") as error:
        loaded(write(tmp_path / name, content))
    assert "\n" not in str(error.value)


def test_a_folder_that_datasets_saved(tmp_path):
    from datasets import Dataset, DatasetDict

    saved = Dataset.from_list(RAW)
    saved.save_to_disk(str(tmp_path / "one"))
    DatasetDict({"train": saved.select([2, 0]), "test": saved.select([1])}).save_to_disk(str(tmp_path / "two"))
    assert asked(loaded(tmp_path / "one")) == QUESTIONS
    assert loaded(tmp_path / "one").kept[1]["origin"]["source"] == f"{tmp_path / 'one'}:2"
    assert asked(loaded(tmp_path / "two")) == [QUESTIONS[2], QUESTIONS[0]]
    found, _ = load("two", read(str(tmp_path / "two"), "auto", "test"), Columns(*HEADER), 0)
    assert asked(found) == [QUESTIONS[1]]
    with pytest.raises(BadInput, match="no split 'dev'; there are train, test"):
        list(read(str(tmp_path / "two"), "auto", "dev"))
    (tmp_path / "two/train/state.json").write_text("{")
    with pytest.raises(BadInput, match="not readable as a saved set"):
        list(read(str(tmp_path / "two"), "auto", "train"))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("float32", 0.1, "0.1"),
        ("float16", 0.1, "0.1"),
        ("float64", 0.1, "0.1"),
        ("float32", 2.5e10, "25000000000.0"),
        ("float32", float("nan"), None),
        ("float32", None, None),
    ],
)
def test_a_number_of_single_precision_is_written_as_it_was(kind, value, text, tmp_path):
    answers = pyarrow.array([numpy.dtype(kind).type(value) if value is not None else None, 1], getattr(pyarrow, kind)())
    table = pyarrow.table({"instruction": ["q", "r"], "input": ["", ""], "output": answers})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    found = loaded(tmp_path / "a.parquet")
    assert [row[2] for row in texts(found)] == ([text] if text else []) + ["1.0"]
