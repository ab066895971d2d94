import json

import pytest
from root import ROOT, ours

from mbegu.errors import BadInput
from mbegu.rows.checks import failed
from mbegu.rows.heldout import read_heldout
from mbegu.rows.jsonl import append_lines, write_lines
from mbegu.rows.row import read_rows, row_id, unique_ids

GOOD = b'{"instruction": "What is a fund?", "input": "", "output": "A pool."}\n'

BAD = {
    "broken JSON": (GOOD + b'{"instruction": "(us\n', "rows.jsonl:2: not valid JSON ("),
    "missing field": (b'{"instruction": "Q"}\n', "rows.jsonl:1: 'output' is missing or empty; write its text."),
    "wrong type": (b'{"instruction": "Q", "output": 5}\n', "rows.jsonl:1: 'output' is int, expected a string"),
    "a list": (b'{"instruction": ["Q"], "output": "A"}\n', "rows.jsonl:1: 'instruction' is list, expected a string"),
    "null": (b'{"instruction": null, "output": "A"}\n', "rows.jsonl:1: 'instruction' is NoneType, expected a string"),
    "empty instruction": (b'{"instruction": " \\t", "output": "A"}\n', "rows.jsonl:1: 'instruction' is missing or empty"),
    "invalid UTF-8": (GOOD + b'{"instruction": "\xff"}\n', "rows.jsonl:2: not valid UTF-8 (byte 0xff at column 18)"),
    "UTF-16": ('{"instruction": "Q"}\n'.encode("utf-16"), "rows.jsonl:1: not valid UTF-8 (byte 0xff"),
    "duplicate key": (b'{"instruction": "Q", "instruction": "R"}\n', "rows.jsonl:1: the key 'instruction' stands twice"),
    "NaN": (b'{"instruction": "Q", "output": NaN}\n', "rows.jsonl:1: NaN is not JSON"),
    "deep nesting": (GOOD + b"[" * 100_000, "rows.jsonl:2: brackets are nested too deeply to be read; cut the line off"),
    "5,000 digits": (b'{"output": ' + b"9" * 5000 + b"}", "rows.jsonl:1: a number of 5,000 digits is too long to be read"),
    "half a surrogate pair": (b'{"instruction": "\\ud83c"}\n', "rows.jsonl:1: half of a surrogate pair"),
    "unknown field": (b'{"instruction": "Q", "ouput": "A"}\n', "rows.jsonl:1: unknown field 'ouput'. Did you mean 'output'?"),
    "no object": (b'["Q", "A"]\n', "rows.jsonl:1: expected a JSON object per line"),
    "another id": (b'{"id": "00", "instruction": "Q", "output": "A"}\n', "rows.jsonl:1: id '00' is not that of its question"),
    "an id that is no text": (b'{"id": 7, "instruction": "Q", "output": "A"}\n', "rows.jsonl:1: id 7 is not that of"),
    "broken origin": (b'{"instruction": "Q", "output": "A", "origin": "me"}\n', "rows.jsonl:1: 'origin' is not an object"),
}


HINTS = {
    "curly quotes around names": ("{“instruction”: “What?”}", "curly quotes “ ” stand where JSON wants straight ones"),
    "a curly quote that closes": ('{"instruction": "ምን?”, "output": "ሰላም"}', "curly quotes “ ” stand where"),
    "German quotes": ('{"instruction": „Was?“}', "curly quotes “ ” stand where"),
    "single quotes": ("{'instruction': 'What?'}", "single quotes stand where JSON wants double ones"),
    "a trailing comma": ('{"instruction": "What?", }', "a comma stands before the closing }; remove it"),
    "a line of an array": ('{"instruction": "What?"},', "a comma stands behind the object; remove it"),
    "an array over lines": ("[", "a JSON array; write one object a line, without the [ ]"),
    "an array on a line": ('[{"instruction": "What?"}]', "this is a JSON array, write one object a line, without the [ ]"),
    "half an object": ('{"instruction": "متى؟ 🌱\u200d', "expected one whole object per line."),
}


@pytest.mark.parametrize("name", HINTS)
def test_a_usual_slip_in_json_is_named(write_jsonl, name):
    line, message = HINTS[name]
    with pytest.raises(BadInput) as error:
        read_rows(write_jsonl("rows.jsonl", ['{"instruction": "Fine “so”, he said"}', line]), answered=False)
    assert "rows.jsonl:2: " in str(error.value) and message in str(error.value)


def test_an_empty_answer_of_a_hand_written_row_is_no_open_question(write_jsonl):
    open_, slip = {"instruction": "ቲማቲም መቼ ይተከላል?"}, {"instruction": "متى؟", "output": " \u200b".strip("\u200b")}
    draft = {**slip, "origin": {"kind": "generated", "parents": []}}
    assert [row["output"] for row in read_rows(write_jsonl("rows.jsonl", [open_, draft]), answered=False)] == ["", ""]
    with pytest.raises(BadInput) as error:
        read_rows(write_jsonl("rows.jsonl", [open_, slip]), answered=False)
    assert str(error.value).endswith(
        "rows.jsonl:2: 'output' is empty; write the answer, or leave 'output' out if the answer is to be drafted."
    )


def test_lines_that_are_added_leave_the_others_as_they_are(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"output":"A",  "instruction": "Q"}\r\n\r\n{"instruction": "R"}')
    before = path.read_bytes()
    append_lines(path, [{"instruction": "ሰላም 🌱"}])
    assert path.read_bytes() == before + '\n{"instruction": "ሰላም 🌱"}\n'.encode()


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_with_file_and_line(tmp_path, name):
    content, message = BAD[name]
    (tmp_path / "rows.jsonl").write_bytes(content)
    with pytest.raises(BadInput) as error:
        read_rows(tmp_path / "rows.jsonl", answered=True)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(BadInput, match="expected a JSON Lines file"):
        read_rows(tmp_path / name, answered=True)


FINE = {
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "CRLF": GOOD.replace(b"\n", b"\r\n"),
    "no last newline": GOOD.rstrip(),
    "blank lines": b"\n" + GOOD + b"  \r\n\n",
    "padded values": GOOD.replace(b'"A pool."', b'"  A pool. "'),
    "no input": b'{"instruction": "What is a fund?", "output": "A pool."}',
}


@pytest.mark.parametrize("name", FINE)
def test_harmless_differences_just_work(tmp_path, name):
    (tmp_path / "rows.jsonl").write_bytes(FINE[name])
    (row,) = read_rows(tmp_path / "rows.jsonl", answered=True)
    assert (row["instruction"], row["input"], row["output"]) == ("What is a fund?", "", "A pool.")


def test_the_indentation_of_code_stays(write_jsonl):
    code = "    def jumla(x):\n        return x  # ድምር"
    path = write_jsonl("rows.jsonl", [{"instruction": "Fix it:", "input": f"\n{code} \n", "output": code}])
    (row,) = read_rows(path, answered=True)
    assert (row["input"], row["output"]) == (code, code)


def test_a_handwritten_row_gets_its_id_and_the_line_it_stands_on(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(b"\n" + GOOD)
    (row,) = read_rows(tmp_path / "rows.jsonl", answered=True)
    assert list(row) == ["id", "instruction", "input", "output", "origin"]
    assert row["origin"] == {"kind": "seed", "parents": [], "source": f"{tmp_path}/rows.jsonl:2"}


def test_line_separators_inside_a_field_do_not_invent_rows(tmp_path, write_jsonl):
    path = write_jsonl("rows.jsonl", [{"instruction": "a\u2028b\u0085c", "output": "d"}])
    assert [row["instruction"] for row in read_rows(path, answered=True)] == ["a\u2028b\u0085c"]


TEXTS = ["ሰላም ለእናንተ ይሁን።", "Habari ya asubuhi", "🌱 emoji 👩‍🌾", "zero\u200bwidth", "مرحبا بالعالم", "שלום"]


def test_rows_of_any_script_come_back_to_the_byte(tmp_path):
    rows = [
        {"id": row_id(text, ""), "instruction": text, "input": "", "output": text, "origin": {"kind": "seed", "parents": []}}
        for text in TEXTS
    ]
    write_lines(tmp_path / "one.jsonl", rows)
    write_lines(tmp_path / "two.jsonl", read_rows(tmp_path / "one.jsonl", answered=True))
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    assert TEXTS[0] in (tmp_path / "one.jsonl").read_text(encoding="utf-8")


def test_the_id_is_of_the_question_alone_folded():
    assert row_id("What  is\nit?", "") == row_id("What is it?", " ")
    assert row_id("caf\u00e9", "") == row_id("cafe\u0301", "")
    assert row_id("KES 5,000", "") != row_id("KES 6,000", "")
    assert row_id("a b", "") != row_id("a", "b")
    assert len(row_id("a", "")) == 16


def test_an_unanswered_row_is_fine_only_where_a_teacher_will_answer(write_jsonl):
    path = write_jsonl("seeds.jsonl", [{"instruction": "Q"}])
    assert read_rows(path, answered=False)[0]["output"] == ""
    with pytest.raises(BadInput):
        read_rows(path, answered=True)


def test_two_rows_that_ask_the_same_are_shown_both(write_jsonl):
    path = write_jsonl("rows.jsonl", [{"instruction": "Q", "output": "A"}, {"instruction": " Q ", "output": "B"}])
    with pytest.raises(BadInput, match=r"rows.jsonl:2: asks the same as .*rows.jsonl:1; keep one"):
        unique_ids(read_rows(path, answered=True), path)


@ours
def test_the_shipped_data_reads_cleanly_and_has_the_promised_sizes():
    seeds = {name: read_rows(ROOT / f"data/seeds/{name}.jsonl", answered=name == "v1") for name in ("v1", "v2")}
    heldout = read_heldout(ROOT / "data/heldout.jsonl")
    for rows, count in ((seeds["v1"], 92), (seeds["v2"], 50), (heldout, 60)):
        assert len(unique_ids(rows, ROOT / "data")) == count
        assert 0.3 <= sum(bool(row["input"]) for row in rows) / count <= 0.4
        assert all(40 <= len(row["output"].split()) <= 120 for row in rows if row["output"])
    assert not any(failed(row["output"], row["checks"]) for row in heldout)  # a reference follows its own instructions
    assert sum(bool(row["checks"]) for row in heldout) > 10
    assert len((ROOT / "data/reviews/v2.jsonl").read_text().splitlines()) == 50
    assert json.loads((ROOT / "data/reviews/v2.jsonl").read_text().splitlines()[0])["decision"] == "edit"
