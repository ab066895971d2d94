"""Answers of a teacher, given to a colleague."""

LINES = [
    {"request": {"prompt": "ሰላም? 🌱"}, "answer": {"text": "أهلا \u200d"}},
    {"request": {"prompt": "Habari?"}, "answer": {"text": "Nzuri."}},
]


def test_an_export_is_imported_elsewhere_and_comes_out_with_the_same_bytes(mbegu, write_jsonl, tmp_path):
    given = write_jsonl("given.jsonl", LINES)
    assert mbegu("memo", "import", given).stdout == "Imported 2 answers, 0 were known: .mbegu/memo\n"
    assert mbegu("memo", "import", given).stdout == "Imported 0 answers, 2 were known: .mbegu/memo\n"
    assert mbegu("memo", "export", "first.jsonl").stdout == "Exported 2 answers: first.jsonl\n"
    assert mbegu("memo", "import", "first.jsonl", "--memo", "theirs").stdout == "Imported 2 answers, 0 were known: theirs\n"
    mbegu("memo", "export", "second.jsonl", "--memo", "theirs")
    assert (tmp_path / "first.jsonl").read_bytes() == (tmp_path / "second.jsonl").read_bytes()
    assert "ሰላም? 🌱" in (tmp_path / "first.jsonl").read_text(encoding="utf-8")


def test_what_is_no_export_is_one_line(mbegu, refused, write_jsonl):
    broken = write_jsonl("broken.jsonl", [LINES[0], {"request": "ሰላም", "answer": {}}])
    assert "broken.jsonl:2: expected an object with 'request' and 'answer', as `mbegu memo export` writes it." in refused(
        mbegu("memo", "import", broken)
    )
    assert "no.jsonl: No such file" in refused(mbegu("memo", "import", "no.jsonl"))
    assert "'send' is not one of 'export', 'import'" in refused(mbegu("memo", "send", "no.jsonl"))


def test_answers_move_between_a_folder_and_what_machines_share(mbegu, write_jsonl, tmp_path):
    given = write_jsonl("given.jsonl", LINES)
    (tmp_path / "team").mkdir()
    assert (
        mbegu("memo", "import", given, "--memo", "files:team/memo").stdout
        == "Imported 2 answers, 0 were known: files:team/memo\n"
    )
    mbegu("memo", "export", "first.jsonl", "--memo", "files:team/memo")
    mbegu("memo", "import", given)
    mbegu("memo", "export", "second.jsonl")
    assert (tmp_path / "first.jsonl").read_bytes() == (tmp_path / "second.jsonl").read_bytes()
