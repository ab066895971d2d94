"""Spreadsheets through `mbegu import`: what is added, what is said, and how a broken one is refused."""

import json

import pytest

ROWS = [
    {"instruction": "Mzinga uwekwe “wapi”?", "input": "", "output": 'Kivulini;\nmbali, "sana"'},
    {"instruction": "ቀፎ የት ይቀመጣል?", "input": ""},
    {"instruction": "متى نسقي؟ 🌱\u200d", "input": "الحديقة", "output": "في الصباح."},
]
CELLS = [["Mzinga uwekwe “wapi”?", "", 'Kivulini;\r\nmbali, "sana"'], ["ቀፎ የት ይቀመጣል?", "", " "],
         ["متى نسقي؟ 🌱\u200d", "الحديقة", "في الصباح."]]  # fmt: skip


def sheet(separator: str, header=("Swali", " Context ", "JIBU")) -> str:
    lines = [header, *CELLS, ["", "", ""]]
    return "".join(separator.join('"' + cell.replace('"', '""') + '"' for cell in line) + "\r\n" for line in lines)


def read(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_sheet_as_spreadsheets_save_it_becomes_seeds(mbegu, tmp_path, separator, encoding):
    (tmp_path / "seeds.csv").write_bytes(sheet(separator).encode(encoding))
    done = mbegu("import", "seeds.csv", "data/seeds/v1.jsonl")
    assert done.stdout == (
        "Columns: instruction from 'Swali', input from 'Context', output from 'JIBU'\n"
        "Added 3 of 3 rows, 1 without an answer: data/seeds/v1.jsonl\n"
    ), done.output
    assert read(tmp_path / "data/seeds/v1.jsonl") == ROWS
    before = (tmp_path / "data/seeds/v1.jsonl").read_bytes()
    done = mbegu("import", "seeds.csv", "data/seeds/v1.jsonl")
    assert "Added 0 of 3 rows" in done.stdout and done.stderr.count("Not added: seeds.csv:") == 3
    assert (tmp_path / "data/seeds/v1.jsonl").read_bytes() == before


def test_the_lines_of_the_file_stay_and_what_it_holds_is_said(mbegu, tmp_path, write_jsonl):
    seeds = write_jsonl("v1.jsonl", ['{"output": "A.",   "instruction": "One?"}', '{"instruction": "Two?"}'])
    seeds.write_text(seeds.read_text().rstrip("\n"))
    before = seeds.read_text()
    text = "question,answer,Notes,,\none?,a,,,\nTwo?,B.,mine,,\nThree?,C.,,,\nThree?,,,,\n Three? ,D.,,,x\n"
    (tmp_path / "s.csv").write_text(text.replace("one?,a", "One?,A."))
    done = mbegu("import", "s.csv", "v1.jsonl", "--dry-run")
    assert done.stdout.endswith("Would add 1 of 5 rows, 0 without an answer: v1.jsonl\n") and seeds.read_text() == before
    done = mbegu("import", "s.csv", "v1.jsonl")
    assert "; left out: 'Notes', 'column 5'\n" in done.stdout
    assert done.stderr.splitlines() == [
        "Not added: s.csv:2: asks what v1.jsonl:1 asks: 'One?'",
        "Not added: s.csv:3: asks what v1.jsonl:2 asks and answers it otherwise, so choose one: 'Two?'",
        "Not added: s.csv:5: asks what s.csv:4 asks: 'Three?'",
        "Not added: s.csv:6: asks what s.csv:4 asks and answers it otherwise, so choose one: 'Three?'",
    ]
    assert seeds.read_text() == before + '\n{"instruction": "Three?", "input": "", "output": "C."}\n'


def test_columns_of_any_name_can_be_named(mbegu, tmp_path):
    (tmp_path / "s.csv").write_text("Frage;Antwort;Answer\nWas?;Ja.;Yes.\n")
    done = mbegu("import", "s.csv", "v1.jsonl", "--instruction", "Frage", "--output", "Antwort")
    assert "output from 'Antwort'; left out: 'Answer'" in done.stdout
    assert read(tmp_path / "v1.jsonl") == [{"instruction": "Was?", "input": "", "output": "Ja."}]


BROKEN = {
    "another encoding": (b"Question,Answer\nWhat?,It\x92s\n", "s.csv:2: not valid UTF-8 (byte 0x92); save the sheet as CSV"),
    "UTF-16 without a mark": ("Question,Answer\n".encode("utf-16-le"), "s.csv: holds a NUL byte"),
    "no question": (b"Q,Answer\na,b\n", "s.csv: no column is named as a question's ('Q', 'Answer'); name it, as in --instr"),
    "two answers": (b"Question,Answer,Response\na,b,c\n", "'Answer' and 'Response' may both be the output; name one by --out"),
    "two names": (b"Question,Answer,Answer\na,b,c\n", "two columns have one name"),
    "a cell too many": (b"Question,Answer\na,b\na,b,c\n", "s.csv:3: ragged: 3 cells, the header has 2; put a cell"),
    "an empty question": (b"Question,Answer\n,c\n", "s.csv:2: 'Question' is empty; write the question, or delete the row."),
    "an open quote": (b'Question,Answer\n"a,c\nd\n', "s.csv:2: not valid CSV"),
    "a header alone": (b"Question,Answer\n", "s.csv: holds no rows"),
    "nothing": (b"", "s.csv: holds no rows"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_sheet_adds_nothing(mbegu, refused, tmp_path, name):
    content, message = BROKEN[name]
    (tmp_path / "s.csv").write_bytes(content)
    assert message in refused(mbegu("import", "s.csv", "v1.jsonl"))
    assert not (tmp_path / "v1.jsonl").exists()


def test_files_that_are_none(mbegu, refused, tmp_path):
    (tmp_path / "s.csv").write_text("Question,Answer\na,b\n")
    assert "s.xlsx: no CSV or TSV file; save the sheet as CSV in UTF-8" in refused(mbegu("import", "s.xlsx", "v1.jsonl"))
    assert "no.csv: No such file or directory" in refused(mbegu("import", "no.csv", "v1.jsonl"))
    assert "s.csv: name a file of seeds" in refused(mbegu("import", "v1.jsonl", "s.csv"))
    assert "no column 'Qestion' for --instruction. Did you mean 'Question'?" in refused(
        mbegu("import", "s.csv", "v1.jsonl", "--instruction", "Qestion")
    )
    (tmp_path / "v1.jsonl").write_text("broken\n")
    assert "v1.jsonl:1: not valid JSON" in refused(mbegu("import", "s.csv", "v1.jsonl"))
